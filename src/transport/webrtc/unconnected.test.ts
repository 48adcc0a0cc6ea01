import { describe, expect, it } from '@jest/globals';
import { TransportError } from '../../core/errors.js';
import { ForeignMachineError } from './peer-connection.js';
import { whyUnconnected } from './unconnected.js';

const timeout = new TransportError('The connection was not established within 15 s.');
const loopback = 'a=candidate:1 1 UDP 1 127.0.0.1 4000 typ host\r\n';
const network = 'a=candidate:2 1 UDP 1 192.0.2.2 4000 typ host\r\n';

describe('why no connection was established', () => {
  it.each([timeout, null])('is the machine’s lack of a network, if it has none: %s', (failure) => {
    const why = whyUnconnected(failure, loopback, { hasNetwork: false });
    expect(why).toMatch(/no network except loopback.*connect it to any network/);
    expect(why).not.toMatch(/VPN|firewall/i);
  });

  it('is the relay’s address, if it offers only loopback despite a network', () => {
    const why = whyUnconnected(timeout, loopback, { hasNetwork: true });
    expect(why).toMatch(/only 127\.0\.0\.1.*--webrtc-bind.*Firefox/);
  });

  it('is otherwise the connection’s own failure', () => {
    expect(whyUnconnected(timeout, loopback + network, { hasNetwork: true })).toBe(timeout.message);
    expect(whyUnconnected(null, loopback + network, { hasNetwork: true })).toMatch(/gave up.*UDP/);
    const foreign = new ForeignMachineError('198.51.100.7');
    expect(whyUnconnected(foreign, loopback, { hasNetwork: false })).toBe(foreign.message);
  });
});
