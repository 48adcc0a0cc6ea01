import type { Failure } from './failures.js';

/** Why an answered call did not connect, judged from the page's own description and the relay's answer. */
export function noPathFailure(ownSdp: string, answerSdp: string): Failure {
  if (addressesIn(ownSdp).length === 0) return { kind: 'no_network' };
  const relays = addressesIn(answerSdp);
  const onLoopback = relays.length > 0 && relays.every((address) => /^127\.|^::1$/.test(address));
  return { kind: onLoopback ? 'relay_on_loopback' : 'no_path' };
}

/** The addresses of a description's candidates (RFC 8839, section 5.1), including mDNS names that hide one. */
function addressesIn(sdp: string): string[] {
  return [...sdp.matchAll(/^a=candidate:\S+ \d+ \S+ \d+ (\S+) /gm)].map(([, address = '']) => address);
}
