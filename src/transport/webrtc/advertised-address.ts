import { isIP } from 'node:net';

/**
 * Replaces this machine's own addresses in a description by `address`, for a machine behind one-to-one NAT, which keeps
 * the ports (RFC 8839, section 5.1). Replaces only addresses of the same family and of the machine itself (`typ host`),
 * and removes duplicates that result.
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
