import { describe, expect, it } from '@jest/globals';
import { failureText } from './failures.js';
import { noPathFailure } from './no-path.js';

const line = (address: string): string => `a=candidate:1 1 UDP 2122252543 ${address} 40000 typ host\r\n`;

describe('a call that did not connect', () => {
  it.each([
    ['the browser has no address', '', line('192.0.2.2'), 'no_network'],
    ['neither has one', '', line('127.0.0.1'), 'no_network'],
    [
      'the relay offers only loopback',
      line('192.0.2.2'),
      line('127.0.0.1') + line('::1'),
      'relay_on_loopback',
    ],
    [
      'the browser hides its address, the relay offers only loopback',
      line('0a1b.local'),
      line('127.0.0.1'),
      'relay_on_loopback',
    ],
    ['both have a network', line('192.0.2.2'), line('127.0.0.1') + line('192.0.2.2'), 'no_path'],
    ['the relay offers no address', line('192.0.2.2'), '', 'no_path'],
  ])('where %s', (_, own, answer, kind) => {
    expect(noPathFailure(own, answer)).toEqual({ kind });
  });

  it('is blamed on VPN and firewall only if both have a network', () => {
    expect(failureText({ kind: 'no_path' }).remedy).toMatch(/VPN and firewall/);
    for (const kind of ['no_network', 'relay_on_loopback'] as const)
      expect(failureText({ kind }).remedy).not.toMatch(/VPN|firewall/i);
  });
});
