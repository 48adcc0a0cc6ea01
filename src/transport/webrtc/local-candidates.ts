import { isLoopbackAddress } from './this-machine.js';

/** The highest priority of a host address (RFC 8445, section 5.1.2.1): loopback stays up when Wi-Fi does not. */
const loopbackPriority = 2_130_706_431;

/**
 * Adds 127.0.0.1 to a description as a further address of its first UDP port. A socket bound to any address also
 * receives there, but RFC 8445, section 5.1.1.1, forbids the library to list it. A caller that is bound to loopback, as
 * simulated ones are, gets answers only from there. A browser without loopback ignores it.
 */
export function withLoopback(sdp: string): string {
  const lines = sdp.split('\r\n');
  const first = lines.findIndex((line) => hostCandidate.test(line));
  const port = hostCandidate.exec(lines[first] ?? '')?.[1];
  if (port === undefined) return sdp;
  lines.splice(first, 0, `a=candidate:loopback 1 UDP ${loopbackPriority} 127.0.0.1 ${port} typ host`);
  return lines.join('\r\n');
}

const hostCandidate = /^a=candidate:\S+ 1 UDP \d+ \S+ (\d+) typ host/i;

/** Whether all addresses in a description are loopback addresses. */
export function isLoopbackOnly(sdp: string): boolean {
  const addresses = [...sdp.matchAll(/^a=candidate:\S+ \d+ \S+ \d+ (\S+) /gm)].map(
    ([, address = '']) => address,
  );
  return addresses.length > 0 && addresses.every((address) => isLoopbackAddress(address));
}
