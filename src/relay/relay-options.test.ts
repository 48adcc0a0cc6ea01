import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../core/clock.js';
import { ConfigError } from '../core/errors.js';
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
      providers: [],
      host: '127.0.0.1',
      port: 8787,
      publicUrl: null,
      twilioAuthTokens: [],
      twilioAccount: null,
      allowedOrigins: [],
      maxSessions: 50,
      maxPendingSockets: 100,
      maxMessageBytes: 65_536,
      startTimeoutMs: 5000,
      requestTimeoutMs: 15_000,
      webrtc: {
        bindAddress: null,
        onlyThisMachine: true,
        advertisedAddress: null,
        portRange: null,
        iceServers: [],
        maxMessageBytes: 65_536,
        connectTimeoutMs: 15_000,
      },
      opus: {},
      page: expect.any(Function),
      record: null,
      directory: expect.any(InMemorySessionDirectory),
      clock: null,
    });
  });

  it('come from the environment where they are not given, and an empty variable is none', () => {
    const env = { HZRELAY_PORT: '9000', TWILIO_AUTH_TOKEN: 'from-env' };
    expect(resolveRelayOptions({}, env)).toMatchObject({ port: 9000, twilioAuthTokens: ['from-env'] });
    expect(resolveRelayOptions({ port: 0, twilioAuthToken: 'mine' }, env)).toMatchObject({
      port: 0,
      twilioAuthTokens: ['mine'],
    });
    expect(resolveRelayOptions({}, { HZRELAY_PORT: '', TWILIO_AUTH_TOKEN: '' })).toMatchObject({
      port: 8787,
      twilioAuthTokens: [],
    });
  });

  it.each([
    [{ twilioAuthToken: ['new', 'old'] }, {}, ['new', 'old']],
    [{}, { TWILIO_AUTH_TOKEN: 'old', TWILIO_AUTH_TOKEN_SECONDARY: 'new' }, ['old', 'new']],
    [{}, { TWILIO_AUTH_TOKEN: '', TWILIO_AUTH_TOKEN_SECONDARY: 'new' }, ['new']],
    [{ twilioAuthToken: 'mine' }, { TWILIO_AUTH_TOKEN_SECONDARY: 'new' }, ['mine']],
    [{ twilioAuthToken: ['', 'mine'] }, {}, ['mine']],
  ])('take two auth tokens while they rotate: %j, %j', (options, env, tokens) => {
    expect(resolveRelayOptions(options, env).twilioAuthTokens).toEqual(tokens);
  });

  it('override even an environment that is wrong', () => {
    expect(problems({ port: 0 }, { HZRELAY_PORT: 'http' })).toEqual([]);
    expect(problems({}, { HZRELAY_PORT: 'http' })).toEqual(["HZRELAY_PORT is 'http'."]);
    expect(problems({}, { HZRELAY_PORT: '65536' })).toEqual(["HZRELAY_PORT is '65536'."]);
  });

  it.each([
    'https://example.ngrok.app',
    'https://example.ngrok.app/',
    'https://example.app/voice/',
    'http://10.0.0.5:8080',
  ])('know %s as an address', (publicUrl) => {
    expect(resolveRelayOptions({ publicUrl }, {}).publicUrl?.host).toBe(new URL(publicUrl).host);
  });

  it.each(['example.ngrok.app', 'wss://example.ngrok.app', 'mailto:example.app', ''])(
    'know %j as no base address',
    (publicUrl) => {
      expect(problems({ publicUrl })).toEqual([`publicUrl '${publicUrl}' is no base address.`]);
    },
  );

  it('take no query with the address', () => {
    expect(problems({ publicUrl: 'https://example.app?x=1' })).toEqual([
      "publicUrl 'https://example.app?x=1' is more than a base address.",
    ]);
  });

  it('refuse credentials in the address without repeating them', () => {
    expect(problems({ publicUrl: 'https://me:secret@example.app' })).toEqual([
      'publicUrl holds credentials.',
    ]);
  });

  it('know origins of pages, as browsers write them', () => {
    const given = [
      'http://localhost:5173',
      'https://Shop.example/',
      'https://shop.example:443',
      'http://[::1]:80',
    ];
    expect(resolveRelayOptions({ allowedOrigins: given }, {}).allowedOrigins).toEqual([
      'http://localhost:5173',
      'https://shop.example',
      'https://shop.example',
      'http://[::1]',
    ]);
  });

  it.each([
    [['*'], ["allowedOrigins[0] is '*'."]],
    [['null'], ["allowedOrigins[0] is 'null'."]],
    [['localhost:5173'], ["allowedOrigins[0] is 'localhost:5173'."]],
    [['http://a.example', 'http://a.example/app'], ["allowedOrigins[1] is 'http://a.example/app'."]],
    [['file:///index.html'], ["allowedOrigins[0] is 'file:///index.html'."]],
    [['https://me@a.example'], ["allowedOrigins[0] is 'https://me@a.example'."]],
    [[7], ['allowedOrigins[0] is 7.']],
    ['http://a.example', ['allowedOrigins is not a list.']],
  ])('know %j as no origins', (allowedOrigins, told) => {
    expect(problems({ allowedOrigins })).toEqual(told);
  });

  it.each<[unknown, string]>([
    [{}, 'clock has no function nowMs and setTimer.'],
    [{ now: () => 0 }, 'clock has no function nowMs and setTimer.'],
    [{ nowMs: () => 0 }, 'clock has no function setTimer.'],
    [{ nowMs: 5, setTimer: () => undefined }, 'clock has no function nowMs.'],
    [{ ...systemClock, wallMs: 5 }, 'clock has no function wallMs.'],
    [null, 'clock has no function nowMs and setTimer.'],
    ['now', 'clock has no function nowMs and setTimer.'],
  ])('know %j as no clock', (clock, told) => {
    expect(problems({ clock })).toEqual([told]);
  });

  it('take a clock with the two functions that they need', () => {
    const clock = { nowMs: () => 0, setTimer: () => ({ cancel: () => undefined }) };
    expect(resolveRelayOptions({ clock }, {}).clock).toBe(clock);
  });

  it('take Twilio’s account from the environment, or another, or none', () => {
    const accountSid = `AC${'0'.repeat(32)}`;
    const env = { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: 'token' };
    const own = { accountSid: 'AC1', redirectCall: () => Promise.resolve('over' as const) };
    expect(resolveRelayOptions({}, env).twilioAccount?.accountSid).toBe(accountSid);
    expect(resolveRelayOptions({}, { TWILIO_AUTH_TOKEN: 'token' }).twilioAccount).toBeNull();
    expect(resolveRelayOptions({ twilioAccount: own }, env).twilioAccount).toBe(own);
    expect(resolveRelayOptions({ twilioAccount: null }, env).twilioAccount).toBeNull();
    expect(problems({ twilioAccount: 'AC1' })).toEqual(['twilioAccount is not an account.']);
  });

  it('say what is wrong with the environment’s account only when it is needed', async () => {
    const env = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'token' };
    const { twilioAccount } = resolveRelayOptions({}, env);
    await expect(twilioAccount?.redirectCall('CA1', '')).rejects.toThrow('TWILIO_ACCOUNT_SID');
  });

  it('are known by name, also where one belongs elsewhere', () => {
    const wrong = { maxSession: 1, twilioAuthtoken: 'x', agent: {}, colour: 'red', host: undefined };
    expect(() => resolveRelayOptions(wrong as RelayOptions, {})).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({
            field: 'maxSession',
            remedy: expect.stringMatching(/^Did you mean maxSessions\?/),
          }),
          expect.objectContaining({
            field: 'twilioAuthtoken',
            remedy: expect.stringMatching(/twilioAuthToken/),
          }),
          expect.objectContaining({ field: 'agent', remedy: expect.stringMatching(/session: \{/) }),
          expect.objectContaining({ field: 'colour', remedy: 'Remove it, or check its spelling.' }),
        ],
      }),
    );
  });

  it('are all checked at once', () => {
    expect(
      problems({
        port: -1,
        maxSessions: 0,
        maxPendingSockets: NaN,
        maxMessageBytes: '64',
        startTimeoutMs: 0.5,
        requestTimeoutMs: -15,
      }),
    ).toEqual([
      'port is -1.',
      'maxSessions is 0.',
      'maxPendingSockets is NaN.',
      "maxMessageBytes is '64'.",
      'startTimeoutMs is 0.5.',
      'requestTimeoutMs is -15.',
    ]);
  });

  it('let browsers in at any address where the relay itself is not only local', () => {
    const reach = (options: RelayOptions) => resolveRelayOptions(options, {}).webrtc.onlyThisMachine;
    expect(reach({})).toBe(true);
    expect(reach({ host: '0.0.0.0' })).toBe(false);
    expect(reach({ publicUrl: 'https://example.com' })).toBe(false);
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
