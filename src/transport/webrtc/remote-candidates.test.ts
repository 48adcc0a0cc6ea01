import { describe, expect, it } from '@jest/globals';
import { maxRemoteCandidates, RemoteCandidates, type CandidatePolicy } from './remote-candidates.js';
import { ThisMachine } from './this-machine.js';

const mac = '02:00:00:00:00:01';
const machine = new ThisMachine({
  lan: [
    { address: '192.168.1.5', netmask: '', family: 'IPv4', mac, internal: false, cidr: '192.168.1.5/24' },
    { address: 'fd00::5', netmask: '', family: 'IPv6', mac, internal: false, cidr: 'fd00::5/64', scopeid: 0 },
  ],
});

const local: CandidatePolicy = { onlyThisMachine: true, advertisedAddress: null };
const lan: CandidatePolicy = { onlyThisMachine: false, advertisedAddress: null };
const cloud: CandidatePolicy = { onlyThisMachine: false, advertisedAddress: '203.0.113.7' };

const candidate = (address: string, port = 40_000): string =>
  `candidate:1 1 udp 2122260223 ${address} ${port} typ host`;

/** The candidates that are used. */
function allowedCandidates(candidates: readonly string[], policy: CandidatePolicy): string[] {
  const used: string[] = [];
  new RemoteCandidates(policy, machine, (each) => used.push(each)).add(candidates);
  return used;
}

describe('checks are sent', () => {
  it.each<[string, boolean, boolean, boolean]>([
    // address, local, lan, cloud
    ['127.0.0.1', true, false, false],
    ['::1', true, false, false],
    ['192.168.1.5', true, true, false],
    ['fd00::5', true, true, false],
    ['192.168.1.77', false, true, false],
    ['fd00::77', false, true, false],
    ['192.168.2.77', false, false, false],
    ['10.0.0.1', false, false, false],
    ['172.31.0.1', false, false, false],
    ['100.100.100.200', false, false, false],
    ['fd00:ec2::254', false, false, false],
    ['169.254.169.254', false, false, false],
    ['fe80::1', false, false, false],
    ['0.0.0.0', false, false, false],
    ['::', false, false, false],
    ['::ffff:10.0.0.1', false, false, false],
    ['64:ff9b::a00:1', false, false, false],
    ['224.0.0.251', false, false, false],
    ['ff02::fb', false, false, false],
    ['255.255.255.255', false, false, false],
    ['198.51.100.20', false, true, true],
    ['2001:db8::20', false, true, true],
  ])('to %s by a relay for its own machine: %j, on a LAN: %j, in a cloud: %j', (address, ...expected) => {
    const sent = [local, lan, cloud].map(
      (policy) => allowedCandidates([candidate(address)], policy).length === 1,
    );
    expect(sent).toEqual(expected);
  });

  it.each([0, 1, 53, 443, 1023, 65_536, -1, NaN])('to no port %d', (port) => {
    expect(allowedCandidates([candidate('198.51.100.20', port)], lan)).toEqual([]);
  });

  it('to the first few allowed ones', () => {
    const many = Array.from({ length: 64 }, (_, i) => candidate(i % 2 ? `198.51.100.${i}` : `10.0.0.${i}`));
    const allowed = allowedCandidates(many, lan);
    expect(allowed).toHaveLength(maxRemoteCandidates);
    expect(allowed).toEqual(many.filter((each) => each.includes('198.51')).slice(0, maxRemoteCandidates));
  });

  it('to few per call, early or late, and to each once', () => {
    const used: string[] = [];
    const remote = new RemoteCandidates(lan, machine, (each) => used.push(each));
    for (let i = 0; i < 20; i++) {
      remote.add([candidate('198.51.100.20', 2000 + i)]);
      remote.add([candidate('198.51.100.20', 2000 + i)]);
    }
    expect(used).toEqual(Array.from({ length: 8 }, (_, i) => candidate('198.51.100.20', 2000 + i)));
  });

  it('to the rest if one of them cannot be used', () => {
    const used: string[] = [];
    const remote = new RemoteCandidates(lan, machine, (each) => {
      if (used.push(each) === 1) throw new Error('no');
    });
    remote.add([candidate('198.51.100.20'), candidate('198.51.100.21')]);
    expect(used).toHaveLength(2);
  });

  it('to no candidate without an address', () => {
    expect(allowedCandidates(['', 'candidate:1', 'candidate:1 1 udp 1'], lan)).toEqual([]);
  });
});
