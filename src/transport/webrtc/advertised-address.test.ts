import { describe, expect, it } from '@jest/globals';
import { advertise } from './advertised-address.js';

const answer = [
  'm=audio 41247 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 10.0.0.5',
  'a=candidate:1 1 UDP 2114977791 10.0.0.5 41247 typ host',
  'a=candidate:2 1 UDP 2114977790 172.17.0.1 41247 typ host',
  'a=candidate:3 1 UDP 2114977535 fd00::2 41247 typ host',
  'a=candidate:4 1 UDP 1678769919 198.51.100.7 50000 typ srflx raddr 0.0.0.0 rport 0',
  'a=end-of-candidates',
  '',
].join('\r\n');

describe('an advertised address', () => {
  it('replaces only the machine’s own addresses of its family, once', () => {
    expect(advertise(answer, '203.0.113.9').split('\r\n')).toEqual([
      'm=audio 41247 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 203.0.113.9',
      'a=candidate:1 1 UDP 2114977791 203.0.113.9 41247 typ host',
      'a=candidate:3 1 UDP 2114977535 fd00::2 41247 typ host',
      'a=candidate:4 1 UDP 1678769919 198.51.100.7 50000 typ srflx raddr 0.0.0.0 rport 0',
      'a=end-of-candidates',
      '',
    ]);
  });

  it('of the other family leaves IPv4 unchanged', () => {
    expect(
      advertise(answer, '2001:db8::9')
        .split('\r\n')
        .filter((line) => line.includes('2001:db8::9')),
    ).toEqual(['a=candidate:3 1 UDP 2114977535 2001:db8::9 41247 typ host']);
  });
});
