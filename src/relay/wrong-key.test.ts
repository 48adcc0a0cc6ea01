import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProviderError } from '../core/errors.js';
import { startSimulatedVendors, type SimulatedVendors } from '../simulators/simulated-vendors.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { createRelay } from './create.js';
import type { RelaySessionConfig } from './config/config.js';
import type { Relay } from './relay.js';

const wrong = 'a-wrong-key-2f6c';
let vendors: SimulatedVendors;
/** Where the wrong key goes: nothing else asks there, also nothing that is late. */
let refusing: SimulatedVendors;
let relay: Relay | null = null;

beforeAll(async () => {
  vendors = await startSimulatedVendors();
});
beforeEach(async () => {
  refusing = await startSimulatedVendors();
});
afterEach(async () => {
  await relay?.close();
  await refusing.close();
});
afterAll(() => vendors.close());

/** A session with the wrong key for one of its three providers. */
function sessionWith(kind: 'stt' | 'llm' | 'tts'): RelaySessionConfig {
  const { providers } = vendors;
  return {
    ...providers,
    [kind]: { ...refusing.providers[kind], apiKey: wrong },
    agent: { systemPrompt: 'x' },
  };
}

/** Everything that the vendors were asked so far. */
function asked(kind: 'stt' | 'llm' | 'tts'): number {
  const { deepgram, openai, elevenlabs } = refusing;
  if (kind === 'stt') return deepgram.probes + deepgram.attempts;
  return kind === 'llm' ? openai.probes + openai.requests.length : elevenlabs.probes + elevenlabs.connections;
}

describe('a relay with a wrong key', () => {
  it.each([
    ['stt', 'DEEPGRAM_API_KEY'],
    ['llm', 'OPENAI_API_KEY'],
    ['tts', 'ELEVENLABS_API_KEY'],
  ] as const)(
    'for %s does not start, in no time and after one request, and names %s',
    async (kind, variable) => {
      const clock = new VirtualClock();
      relay = createRelay({ port: 0, clock, session: { inbound: { type: 'twilio' }, ...sessionWith(kind) } });
      const error = await relay.listen().then(
        () => null,
        (thrown: unknown) => thrown as ProviderError,
      );
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ kind, category: 'auth', retryable: false });
      expect(error!.message).toContain(variable);
      expect(error!.message).not.toContain(wrong);
      expect(clock.nowMs()).toBe(0);
      expect(asked(kind)).toBe(1);
    },
  );
});

describe('a relay of which every provider is refused', () => {
  it('names all of them at once, each asked once', async () => {
    const { stt, llm, tts } = refusing.providers;
    relay = createRelay({
      port: 0,
      clock: new VirtualClock(),
      session: {
        inbound: { type: 'twilio' },
        stt: { ...stt, model: 'nova-1-general' },
        llm: { ...llm, model: 'gpt-4-32k' },
        tts: { ...tts, apiKey: wrong },
        agent: { systemPrompt: 'x' },
      },
    });
    const error: unknown = await relay.listen().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    const { message } = error as ProviderError;
    for (const part of ['3 providers', 'stt.model', 'llm.model', 'ELEVENLABS_API_KEY'])
      expect(message).toContain(part);
    expect([asked('stt'), asked('llm'), asked('tts')]).toEqual([1, 1, 1]);
  });
});

describe('a relay with the key of one vendor alone', () => {
  const unused = (): never => {
    throw new Error('It is not used.');
  };
  const formats = { encodings: ['linear16'], sampleRatesHz: 'any' } as const;
  const own = {
    stt: { name: 'ear', accepts: formats, open: unused },
    llm: { name: 'desk', generate: unused },
    tts: { name: 'voice', produces: formats, open: unused },
  };
  const saved = { ...process.env };
  afterEach(() => {
    process.env = { ...saved };
  });

  it.each([
    ['stt', 'DEEPGRAM'],
    ['llm', 'OPENAI'],
    ['tts', 'ELEVENLABS'],
  ] as const)('uses it as %s, whose default model and voice the vendor still has', async (kind, vendor) => {
    const { apiKey, baseUrl } = refusing.providers[kind];
    process.env[`${vendor}_API_KEY`] = apiKey;
    process.env[`${vendor}_BASE_URL`] = baseUrl;
    const notices: string[] = [];
    const session = { ...own, [kind]: undefined, agent: { systemPrompt: 'x' } };
    const onNotice = ({ level, message }: { level: string; message: string }): void => {
      if (level !== 'info') notices.push(message);
    };
    relay = createRelay({ port: 0, clock: new VirtualClock(), session, onNotice });
    await relay.listen();
    expect(notices).toEqual([]);
    expect(asked(kind)).toBeGreaterThan(0);
    expect(refusing.problems).toEqual([]);
  });
});

describe('a relay for calls of both kinds', () => {
  it.each<['stt' | 'llm' | 'tts', object, string, string]>([
    ['stt', { model: 'nova-1-general' }, 'nova-1-general', 'Choose a model'],
    ['llm', { model: 'gpt-4-32k' }, 'gpt-4-32k', 'Name one'],
    ['tts', { voiceId: '21m00Tcm4TlvDq8ikWAM' }, '21m00Tcm4TlvDq8ikWAM', 'Set tts.voiceId'],
    ['tts', { modelId: 'eleven_monolingual_v1' }, 'eleven_monolingual_v1', 'Set tts.modelId'],
  ])('asks once what its %s no longer has: %j', async (kind, retired, value, remedy) => {
    const clock = new VirtualClock();
    const { providers } = refusing;
    const session = {
      ...vendors.providers,
      [kind]: { ...providers[kind], ...retired },
      agent: { systemPrompt: 'x' },
    };
    relay = createRelay({ port: 0, clock, session });
    const error = await relay.listen().then(
      () => null,
      (thrown: unknown) => thrown as ProviderError,
    );
    const field = `${kind}.${Object.keys(retired)[0]}`;
    expect(error).toMatchObject({ kind, category: 'bad_request', field, retryable: false });
    for (const part of [field, `'${value}'`, remedy]) expect(error?.message).toContain(part);
    // A model of ElevenLabs is looked for behind the voice.
    expect(asked(kind)).toBe('modelId' in retired ? 2 : 1);
  });
});

describe('a relay with a model that its recogniser no longer serves', () => {
  const retired = (): RelaySessionConfig => ({
    ...sessionWith('stt'),
    stt: { ...vendors.providers.stt, model: 'nova-1-general' },
  });

  it('does not start, in no time and without a stream, and names field, value and remedy', async () => {
    const clock = new VirtualClock();
    const { probes, attempts } = vendors.deepgram;
    relay = createRelay({ port: 0, clock, session: { inbound: { type: 'twilio' }, ...retired() } });
    await expect(relay.listen()).rejects.toMatchObject({
      kind: 'stt',
      category: 'bad_request',
      field: 'stt.model',
      retryable: false,
      message: expect.stringMatching(/stt\.model.*'nova-1-general'.*Choose a model/),
    });
    expect(clock.nowMs()).toBe(0);
    expect([vendors.deepgram.probes - probes, vendors.deepgram.attempts - attempts]).toEqual([1, 0]);
  });

  it('starts where another recogniser stands behind it', async () => {
    const clock = new VirtualClock();
    const stt = [{ ...vendors.providers.stt, model: 'nova-1-general' }, { provider: 'local' }] as const;
    relay = createRelay({ port: 0, clock, session: { inbound: { type: 'twilio' }, ...retired(), stt } });
    await relay.listen();
  });
});

describe('a session that waits for its call with a wrong key', () => {
  it.each([
    ['stt', 'DEEPGRAM_API_KEY'],
    ['llm', 'OPENAI_API_KEY'],
    ['tts', 'ELEVENLABS_API_KEY'],
  ] as const)('for %s ends at once, and its error names %s', async (kind, variable) => {
    relay = createRelay({ port: 0, clock: new VirtualClock() });
    const session = relay.expectCall({ inbound: { type: 'twilio' }, ...sessionWith(kind) });
    const errors: string[] = [];
    session.on('error', ({ message }) => errors.push(message));
    const reasons: string[] = [];
    session.on('session.end', ({ reason }) => reasons.push(reason));
    await relay.listen();
    await session.closed;
    expect(errors).toEqual([expect.stringContaining(variable)]);
    expect(errors.join()).not.toContain(wrong);
    expect(reasons).toEqual(['provider_error']);
  });
});

describe('a relay with a model', () => {
  function withModel(model: string, notices: string[]): Relay {
    const { providers } = refusing;
    const llm = { ...providers.llm, model };
    relay = createRelay({
      port: 0,
      clock: new VirtualClock(),
      onNotice: ({ level, message }) => void notices.push(`${level} ${message}`),
      session: { ...providers, llm, agent: { systemPrompt: 'x' } },
    });
    return relay;
  }

  it('that was retired does not start, and names field, value and remedy, never retried', async () => {
    const before = asked('llm');
    const error = await withModel('gpt-4-32k', [])
      .listen()
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({
      category: 'bad_request',
      field: 'llm.model',
      retryable: false,
      message: expect.stringMatching(/'gpt-4-32k'.*llm\.model/),
    });
    expect(asked('llm') - before).toBe(1);
  });

  it('that will be shut down starts, and says so once', async () => {
    const notices: string[] = [];
    await withModel('gpt-4o-mini', notices).listen();
    expect(notices).toEqual([
      "warn llm.model: The model 'gpt-4o-mini' will be shut down on 2027-01-14. Name a current one, for example 'gpt-6-luna'.",
    ]);
  });

  it('that was retired behind a good one in a list starts, and says so', async () => {
    const { providers } = vendors;
    const notices: string[] = [];
    relay = createRelay({
      port: 0,
      clock: new VirtualClock(),
      onNotice: ({ message }) => void notices.push(message),
      session: {
        ...providers,
        llm: [{ ...providers.llm, model: 'gpt-4-32k' }, providers.llm],
        agent: { systemPrompt: 'x' },
      },
    });
    await relay.listen();
    expect(notices).toEqual([expect.stringMatching(/^llm\.model: .*'gpt-4-32k'/)]);
  });
});

describe('a session that waits for its call with a retired model', () => {
  it('ends at once, and its error names it', async () => {
    relay = createRelay({ port: 0, clock: new VirtualClock() });
    const llm = { ...vendors.providers.llm, model: 'gpt-4-32k' };
    const session = relay.expectCall({
      inbound: { type: 'twilio' },
      ...vendors.providers,
      llm,
      agent: { systemPrompt: 'x' },
    });
    const errors: string[] = [];
    session.on('error', ({ message }) => errors.push(message));
    await relay.listen();
    await session.closed;
    expect(errors).toEqual([expect.stringContaining("'gpt-4-32k'")]);
  });
});
