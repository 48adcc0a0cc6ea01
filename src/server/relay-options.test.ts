import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../errors.js';
import { resolveRelayOptions, type RelayOptions } from './relay-options.js';
import { InMemorySessionDirectory } from './session-directory.js';

function problems(options: unknown, env: Record<string, string> = {}): string[] {
  try {
    resolveRelayOptions(options as RelayOptions, env);
  } catch (thrown) {
    if (thrown instanceof ConfigError)
      return thrown.problems.map(({ field, problem }) => `${field} ${problem}`);
    throw thrown;
  }
  return [];
}

describe('the options of a relay', () => {
  it('all have defaults', () => {
    expect(resolveRelayOptions({}, {})).toEqual({
      session: undefined,
      onSession: undefined,
      onNotice: undefined,
      host: '127.0.0.1',
      port: 8787,
      publicUrl: null,
      twilioAuthToken: null,
      maxSessions: 50,
      maxPendingSockets: 100,
      maxMessageBytes: 65_536,
      startTimeoutMs: 5000,
      webrtc: {
        bindAddress: '127.0.0.1',
        advertisedAddress: null,
        portRange: null,
        iceServers: [],
        maxMessageBytes: 65_536,
        connectTimeoutMs: 15_000,
      },
      opus: {},
      record: null,
      directory: expect.any(InMemorySessionDirectory),
      clock: null,
    });
  });

  it('come from the environment where they are not given, and an empty variable is none', () => {
    const env = { HZRELAY_PORT: '9000', TWILIO_AUTH_TOKEN: 'from-env' };
    expect(resolveRelayOptions({}, env)).toMatchObject({ port: 9000, twilioAuthToken: 'from-env' });
    expect(resolveRelayOptions({ port: 0, twilioAuthToken: 'mine' }, env)).toMatchObject({
      port: 0,
      twilioAuthToken: 'mine',
    });
    expect(resolveRelayOptions({}, { HZRELAY_PORT: '', TWILIO_AUTH_TOKEN: '' })).toMatchObject({
      port: 8787,
      twilioAuthToken: null,
    });
  });

  it('override even an environment that is wrong', () => {
    expect(problems({ port: 0 }, { HZRELAY_PORT: 'http' })).toEqual([]);
    expect(problems({}, { HZRELAY_PORT: 'http' })).toEqual(["HZRELAY_PORT is 'http'."]);
    expect(problems({}, { HZRELAY_PORT: '65536' })).toEqual(["HZRELAY_PORT is '65536'."]);
  });

  it.each(['https://example.ngrok.app', 'https://example.ngrok.app/', 'http://10.0.0.5:8080'])(
    'know %s as an address',
    (publicUrl) => {
      expect(resolveRelayOptions({ publicUrl }, {}).publicUrl?.host).toBe(new URL(publicUrl).host);
    },
  );

  it.each([
    'example.ngrok.app',
    'wss://example.ngrok.app',
    'https://example.app/path',
    'https://example.app?x=1',
    '',
  ])('know %j as no base address', (publicUrl) => {
    expect(problems({ publicUrl })).toEqual([`publicUrl '${publicUrl}' is no base address.`]);
  });

  it('refuse credentials in the address without repeating them', () => {
    expect(problems({ publicUrl: 'https://me:secret@example.app' })).toEqual([
      'publicUrl holds credentials.',
    ]);
  });

  it('are all checked at once', () => {
    expect(
      problems({
        port: -1,
        maxSessions: 0,
        maxPendingSockets: NaN,
        maxMessageBytes: '64',
        startTimeoutMs: 0.5,
      }),
    ).toEqual([
      'port is -1.',
      'maxSessions is 0.',
      'maxPendingSockets is NaN.',
      "maxMessageBytes is '64'.",
      'startTimeoutMs is 0.5.',
    ]);
  });

  it('let browsers in at any address where the relay itself is not only local', () => {
    expect(resolveRelayOptions({ host: '0.0.0.0' }, {}).webrtc.bindAddress).toBeNull();
    expect(resolveRelayOptions({ publicUrl: 'https://example.com' }, {}).webrtc.bindAddress).toBeNull();
    expect(
      resolveRelayOptions({ host: '0.0.0.0', webrtc: { bindAddress: '10.0.0.5' } }, {}).webrtc,
    ).toMatchObject({
      bindAddress: '10.0.0.5',
    });
  });

  it('name what is wrong with WebRTC and Opus, and no credential', () => {
    const iceServers = [{ urls: 'turn:turn.example.com', username: 'me', credential: '' }];
    expect(
      problems({ webrtc: { bindAddress: 'localhost', iceServers }, opus: { complexity: 11 } }).join('\n'),
    ).toMatch(
      /webrtc\.iceServers\[0\] cannot be read[^]*webrtc\.bindAddress is 'localhost'[^]*opus\.complexity is 11/,
    );
    expect(problems({ opus: { bitrate: 32_000 } })).toHaveLength(1);
    expect(resolveRelayOptions({ opus: { complexity: 0, bitrateBps: 24_000 } }, {}).opus).toEqual({
      complexity: 0,
      bitrateBps: 24_000,
    });
  });
});
