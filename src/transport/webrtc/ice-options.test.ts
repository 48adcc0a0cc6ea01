import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConfigProblem } from '../../core/errors.js';
import { resolveWebRtcOptions, type ResolvedWebRtcOptions, type WebRtcOptions } from './ice-options.js';

/** Unchecked options, as in a config file. */
function resolve(
  options: unknown,
  isLocal = true,
): ResolvedWebRtcOptions & { readonly problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  return { ...resolveWebRtcOptions(options as WebRtcOptions | undefined, isLocal, problems), problems };
}

describe('WebRTC options', () => {
  it('are optional', () => {
    expect(resolve(undefined)).toEqual({
      bindAddress: null,
      onlyThisMachine: true,
      advertisedAddress: null,
      portRange: null,
      iceServers: [],
      maxMessageBytes: 65_536,
      connectTimeoutMs: 15_000,
      problems: [],
    });
  });

  it.each<[WebRtcOptions, boolean, boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ advertisedAddress: '203.0.113.9' }, true, false],
    [{ iceServers: ['stun:stun.example.com'] }, true, false],
    [{ bindAddress: '192.0.2.2' }, true, false],
    [{ bindAddress: '127.0.0.1' }, true, true],
    [{ bindAddress: '::1' }, false, true],
    [{ bindAddress: '127.0.0.1', advertisedAddress: '203.0.113.9' }, true, false],
  ])('%j of a local relay: %j serve only this machine: %j', (options, isLocal, onlyThisMachine) => {
    expect(resolve(options, isLocal)).toMatchObject({
      onlyThisMachine,
      bindAddress: options.bindAddress ?? null,
    });
  });

  it('take STUN and TURN servers in the browsers’ format', () => {
    const { iceServers, problems } = resolve({
      iceServers: [
        'stun:stun.example.com',
        'STUN:[2001:db8::1]:19302',
        {
          urls: ['turn:turn.example.com:443?transport=udp', 'stun:a.example'],
          username: 'u',
          credential: 'c',
        },
      ],
    });
    expect(problems).toEqual([]);
    expect(iceServers).toEqual([
      { hostname: 'stun.example.com', port: 3478 },
      { hostname: '2001:db8::1', port: 19_302 },
      { hostname: 'turn.example.com', port: 443, username: 'u', password: 'c', relayType: 'TurnUdp' },
      { hostname: 'a.example', port: 3478 },
    ]);
  });

  it.each([
    ['bindAddress', { bindAddress: 'eth0' }],
    ['advertisedAddress', { advertisedAddress: 'relay.example.com' }],
    ['portRange', { portRange: [5000, 4000] }],
    ['portRange', { portRange: [0, 70_000] }],
    ['portRange', { portRange: 5000 }],
    ['maxMessageBytes', { maxMessageBytes: 10 }],
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['bindAdress', { bindAdress: '127.0.0.1' }],
    ['iceServers', { iceServers: 'stun:a.example' }],
    ['iceServers[1]', { iceServers: ['stun:a.example', 7] }],
    ['iceServers[0]', { iceServers: ['https://a.example'] }],
    ['iceServers[0]', { iceServers: ['stun:a.example:99999'] }],
    ['iceServers[0]', { iceServers: ['turn:a.example'] }],
    ['iceServers[0]', { iceServers: [{ urls: 'turns:a.example', username: 'u', credential: 'c' }] }],
    [
      'iceServers[0]',
      { iceServers: [{ urls: 'turn:a.example?transport=tcp', username: 'u', credential: 'c' }] },
    ],
    ['iceServers[0]', { iceServers: [{ urls: [] }] }],
  ])('report an invalid %s with a remedy: %j', (field, options) => {
    const { problems } = resolve(options);
    expect(problems).toEqual([
      {
        field: `webrtc.${field}`,
        problem: expect.stringMatching(/\.$/),
        remedy: expect.stringMatching(/\.$/),
      },
    ]);
  });

  it('report all problems at once, and keep the valid options', () => {
    const { problems, maxMessageBytes } = resolve({ bindAddress: 1, portRange: [], maxMessageBytes: 2048 });
    expect(problems.map(({ field }) => field).sort()).toEqual(['webrtc.bindAddress', 'webrtc.portRange']);
    expect(maxMessageBytes).toBe(2048);
  });

  it('never let a credential into a problem', () => {
    const secret = 'hunter2';
    const entry = fc.oneof(
      fc.constantFrom(`turn:user:${secret}@a.example`, {
        urls: 'turns:a.example',
        username: 'u',
        credential: secret,
      }),
      fc.record({ urls: fc.anything(), username: fc.anything(), credential: fc.constant(secret) }),
      fc.record({ url: fc.string(), password: fc.constant(secret) }),
    );
    fc.assert(
      fc.property(fc.oneof(entry, fc.array(entry)), (iceServers) => {
        expect(JSON.stringify(resolve({ iceServers }).problems)).not.toContain(secret);
      }),
    );
  });

  it('never throw, for any options', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything()), (options) => void resolve(options)));
  });
});
