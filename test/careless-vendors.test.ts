import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ProviderError } from '#src/core/errors.js';
import type { SessionEvent } from '#src/events/session-event.js';
import type { LanguageModel } from '#src/providers/language-model.js';
import { defineProvider } from '#src/providers/provider-definition.js';
import type { SpeechToText } from '#src/providers/speech-to-text.js';
import type { TextToSpeech } from '#src/providers/text-to-speech.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import { earFor } from './harness/ear-for.js';
import { fixtures } from './harness/recordings.js';
import { ofType } from './harness/session-events.js';

const agent = { systemPrompt: 'You run an appointment desk.', apology: 'Sorry, that failed.' };
const voices = new TestVoices();
let relay: VirtualRelay;

afterEach(async () => {
  await relay.close();
  expect(relay.clock.pendingTimers).toBe(0);
});
afterAll(() => voices.close());

async function call(session: Partial<SessionConfig>): Promise<readonly SessionEvent[]> {
  relay = await VirtualRelay.start(voices, { agent, stt: earFor('book-my-appointment'), ...session });
  const { events } = await relay.run(relay.call({ recordings: await fixtures('book-my-appointment') }));
  return events;
}

/** Code in JavaScript, which no compiler has checked. */
const careless = (provider: object): never => provider as never;

const accepts = { encodings: ['linear16'], sampleRatesHz: 'any' };
const stream = { write: () => undefined, flush: () => undefined, close: () => Promise.resolve() };

/** A recogniser that gives this in answer to a flush. */
const answering = (event: unknown): SpeechToText =>
  careless({
    name: 'acme',
    accepts,
    open: ({ onEvent }: { readonly onEvent: (event: unknown) => void }) => ({
      ...stream,
      flush: () => onEvent(event),
    }),
  });

describe('a recogniser that breaks the contract', () => {
  const asyncEar: SpeechToText = careless({ name: 'acme', accepts, open: () => Promise.resolve(stream) });

  it.each<[string, SpeechToText, string]>([
    ['opens its stream late', asyncEar, 'acme (stt): open() must return a stream at once'],
    ['opens nothing', careless({ name: 'acme', accepts, open: () => undefined }), 'it returned undefined'],
    ['opens half a stream', careless({ name: 'acme', accepts, open: () => ({}) }), 'write, flush and close'],
    ['gives null', answering(null), 'acme (stt): onEvent() got null'],
    [
      'gives a final without text',
      answering({ type: 'final', endOfUtterance: true }),
      'needs text, a string',
    ],
  ])('and %s ends its call with the apology', async (_, stt, problem) => {
    const events = await call({ stt });
    expect(ofType(events, 'error')).toMatchObject([
      { kind: 'stt', provider: 'acme', category: 'internal', message: expect.stringContaining(problem) },
    ]);
    expect(ofType(events, 'turn.end').at(-1)?.heardText).toBe(agent.apology);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'provider_error' }]);
  });

  it('is followed by the next in the list', async () => {
    const events = await call({ stt: [asyncEar, voices.stt] });
    expect(ofType(events, 'provider.failover')).toMatchObject([{ kind: 'stt', from: 'acme', to: 'local' }]);
    expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual(['book my appointment']);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'hangup' }]);
  });
});

describe('a model that breaks the contract', () => {
  const nothing: LanguageModel = careless({
    name: 'acme',
    async *generate() {
      yield await Promise.resolve(null);
    },
  });

  it('makes the agent apologise, and the call goes on', async () => {
    const events = await call({ llm: nothing });
    expect(ofType(events, 'error')).toMatchObject([
      { kind: 'llm', provider: 'acme', message: expect.stringContaining('acme (llm): generate() gave') },
    ]);
    expect(ofType(events, 'turn.end')[0]?.heardText).toBe(agent.apology);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'hangup' }]);
  });

  it('is followed by the next in the list', async () => {
    const events = await call({ llm: [nothing, () => 'Fine.'] });
    expect(ofType(events, 'turn.end')[0]?.heardText).toBe('Fine.');
  });
});

describe('a voice that breaks the contract', () => {
  const says = (write: (onEvent: (event: unknown) => void) => void): TextToSpeech =>
    careless({
      name: 'acme',
      produces: accepts,
      open: ({ onEvent }: { readonly onEvent: (event: unknown) => void }) => ({
        write: () => write(onEvent),
        end: () => onEvent({ type: 'done' }),
        close: () => undefined,
      }),
    });
  const throwing = says(() => {
    throw new Error('The text is too long.');
  });

  it.each<[string, TextToSpeech, string]>([
    ['throws in write', throwing, 'acme failed: The text is too long.'],
    ['gives null', says((give) => give(null)), 'acme (tts): onEvent() got null'],
    [
      'gives audio without a frame',
      says((give) => give({ type: 'audio', chunk: 0, frame: null })),
      'needs frame, { samples, sampleRateHz }; it got null',
    ],
  ])('and %s is replaced by the voice of the apology', async (_, tts, problem) => {
    const events = await call({ tts, llm: () => 'Fine.' });
    expect(ofType(events, 'error')[0]).toMatchObject({
      ...{ kind: 'tts', provider: 'acme', category: 'internal' },
      message: expect.stringContaining(problem),
    });
    expect(ofType(events, 'turn.end')[0]?.heardText).toBe(agent.apology);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'hangup' }]);
  });

  it('is followed by the next in the list', async () => {
    const events = await call({ tts: [throwing, voices.tts], llm: () => 'Fine.' });
    expect(ofType(events, 'provider.failover')).toMatchObject([{ kind: 'tts', from: 'acme', to: 'local' }]);
    expect(ofType(events, 'turn.end')[0]?.heardText).toBe('Fine.');
  });

  it('may be the voice of the apology itself', async () => {
    const broken: TextToSpeech = careless({ name: 'late', produces: accepts, open: () => undefined });
    const events = await call({ tts: throwing, agent: { ...agent, apologyVoice: broken } });
    expect(ofType(events, 'error').map(({ provider }) => provider)).toContain('late');
    expect(ofType(events, 'session.end')).toHaveLength(1);
  });
});

it('the secrets of a vendor are in no event', async () => {
  const variable = 'CARELESS_API_KEY';
  process.env[variable] = 'sk-of-the-environment';
  const key = {
    variable,
    baseUrlVariable: 'CARELESS_BASE_URL',
    page: 'https://acme.example/keys',
    service: 'https://api.acme.example',
  };
  const acme = defineProvider({
    kind: 'llm',
    name: 'acme',
    key,
    fields: { model: z.string().optional() },
    create: ({ apiKey }) => ({
      name: 'acme',
      async *generate({ onIncident }) {
        const told = `${apiKey} ${process.env[variable] ?? ''}`;
        const details = { kind: 'llm', provider: 'acme' } as const;
        onIncident?.({ type: 'request', ...details, requestId: `${told}\u001b[31m${'x'.repeat(1000)}` });
        yield { type: 'reasoning', text: await Promise.resolve('') };
        throw new ProviderError(`It refused ${told}`, { ...details, category: 'auth', requestId: told });
      },
    }),
  });
  try {
    const llm = acme.config({ apiKey: 'sk-of-the-config' });
    const events = await call({ providers: [acme], llm });
    expect(JSON.stringify(events)).not.toContain('sk-of-');
    const clean = '[apiKey] [CARELESS_API_KEY]';
    expect(ofType(events, 'error')).toMatchObject([{ message: `It refused ${clean}`, requestId: clean }]);
    const [{ requestId } = { requestId: '' }] = ofType(events, 'provider.request');
    expect(requestId).toMatch(/^\[apiKey\] \[CARELESS_API_KEY\]\[31mx+$/);
    expect(requestId).toHaveLength(128);
  } finally {
    Reflect.deleteProperty(process.env, variable);
  }
});
