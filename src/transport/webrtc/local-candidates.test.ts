import { describe, expect, it } from '@jest/globals';
import { isLoopbackOnly, withLoopback } from './local-candidates.js';

const sdp = [
  'v=0',
  'm=audio 40000 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=candidate:1 1 UDP 2122317823 192.0.2.2 40000 typ host',
  'a=candidate:2 1 UDP 1686052607 203.0.113.7 40000 typ srflx raddr 0.0.0.0 rport 0',
  'a=end-of-candidates',
  '',
].join('\r\n');

const loopback = 'a=candidate:loopback 1 UDP 2130706431 127.0.0.1 40000 typ host\r\n';

describe('loopback among the addresses of an answer', () => {
  it('comes first, with the port of the others', () => {
    expect(withLoopback(sdp)).toBe(sdp.replace('a=candidate:1', `${loopback}a=candidate:1`));
  });

  it('is not added if no port is known', () => {
    const without = sdp.replace(/^a=candidate:1.*\r\n/m, '');
    expect(withLoopback(without)).toBe(without);
  });
});

it.each([
  ['loopback', loopback, true],
  ['both loopbacks', `${loopback}a=candidate:1 1 UDP 1 ::1 4 typ host`, true],
  ['loopback and another', `${loopback}a=candidate:1 1 UDP 1 192.0.2.2 4 typ host`, false],
  ['nothing', 'v=0\r\n', false],
])('a description with %s lists loopback only: %s', (_, text, only) => {
  expect(isLoopbackOnly(text)).toBe(only);
});
