import { isIP } from 'node:net';

/**
 * The same description with `address` in place of this machine's own: for a machine behind one-to-one NAT, whose ports are
 * the same outside (RFC 8839, section 5.1). Only addresses of the same family are replaced, and only those that belong to
 * the machine itself (`typ host`); interfaces that become the same through it are named once.
 */
export function advertise(sdp: string, address: string): string {
  const family = isIP(address);
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const line of sdp.split('\r\n')) {
    const candidate = /^(a=candidate:\S+ \d+ \S+ \d+) (\S+) (\d+ typ host.*)$/.exec(line);
    if (candidate) {
      const [, before = '', own = '', after = ''] = candidate;
      const told = isIP(own) === family ? address : own;
      if (seen.has(`${told} ${after}`)) continue;
      seen.add(`${told} ${after}`);
      lines.push(`${before} ${told} ${after}`);
    } else {
      lines.push(line.startsWith(`c=IN IP${family} `) ? `c=IN IP${family} ${address}` : line);
    }
  }
  return lines.join('\r\n');
}
