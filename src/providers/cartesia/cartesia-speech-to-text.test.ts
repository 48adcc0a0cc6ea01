import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { encodeMulaw } from '../../audio/g711.js';
import type { AudioEncoding } from '../../audio/audio-frame.js';
import type { ProviderError } from '../../core/errors.js';
import type { SttUsage } from '../../metrics/provider-usage.js';
import { callerSpeech, framesOf } from '../../simulators/caller-speech.js';
import { cartesiaStt } from '../../simulators/cartesia/cartesia-definition.js';
import {
  startCartesiaRecogniserSimulator,
  type CartesiaRecogniserSimulator,
  type CartesiaRecogniserSimulatorOptions,
} from '../../simulators/cartesia/cartesia-recogniser-simulator.js';
import { speechToTextContract } from '../../simulators/contracts/speech-to-text-contract.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import type { RecogniserFault } from '../../simulators/vendor-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../speech-to-text.js';
import { cartesiaSpeechToText, type CartesiaRecogniserOptions } from './cartesia-speech-to-text.js';

const { apiKey } = cartesiaStt;
const utterance = 'book my appointment';
const hearing = hearingInTurn(() => utterance);
const rateHz = 8000;
let speech: Int16Array;
beforeAll(async () => {
  speech = await callerSpeech(utterance, { sampleRateHz: rateHz });
});

interface Call {
  readonly simulator: CartesiaRecogniserSimulator;
  readonly clock: VirtualClock;
  readonly stream: SpeechToTextStream;
  readonly events: SttEvent[];
  readonly usage: SttUsage[];
  readonly incidents: unknown[];
  readonly ignored: () => number;
}

const calls: Call[] = [];
afterEach(async () => {
  for (const { simulator, stream, clock } of calls.splice(0)) {
    const closed = stream.close();
    await until(() => true);
    clock.advance(500);
    await closed;
    await simulator.close();
    expect(clock.pendingTimers).toBe(0);
  }
});

async function place(
  options: CartesiaRecogniserSimulatorOptions = {},
  stt: Partial<CartesiaRecogniserOptions> = {},
): Promise<Call> {
  const clock = new VirtualClock();
  const simulator = await startCartesiaRecogniserSimulator({ apiKey, hearing, clock, ...options });
  const events: SttEvent[] = [];
  const usage: SttUsage[] = [];
  const incidents: unknown[] = [];
  const provider = cartesiaSpeechToText({ apiKey, baseUrl: simulator.baseUrl, clock, ...stt });
  const stream = provider.open({
    format: { encoding: 'mulaw', sampleRateHz: rateHz },
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    onIncident: (incident) => incidents.push(incident),
    onUsage: (one) => usage.push(one),
  });
  const call = {
    simulator,
    clock,
    stream,
    events,
    usage,
    incidents,
    ignored: () => provider.ignoredMessages,
  };
  calls.push(call);
  return call;
}

/** Turns of the event loop that a message on the loopback interface takes at most. */
const messageTurns = 30;

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < messageTurns || !isSo(); turn++) await nextTurn();
}

/** Lets time pass in small steps, with messages arriving in between. */
async function pass({ clock }: Call, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    clock.advance(20);
    for (let turn = 0; turn < 3; turn++) await nextTurn();
  }
}

function write({ stream }: Call, samples: Int16Array): void {
  for (const { samples: part } of framesOf(samples, rateHz))
    stream.write({
      samples: part,
      sampleRateHz: rateHz,
      encoded: { encoding: 'mulaw', bytes: encodeMulaw(part) },
    });
}

async function say(call: Call, samples: Int16Array): Promise<void> {
  call.stream.speechStarted?.();
  for (const { samples: part } of framesOf(samples, rateHz)) {
    write(call, part);
    await pass(call, 20);
  }
}

async function connected(call: Call): Promise<void> {
  await until(() => call.events.some(({ type }) => type === 'heard' || type === 'error'));
}

const finalsOf = ({ events }: Call): string[] =>
  events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
const errorsOf = ({ events }: Call): ProviderError[] =>
  events.flatMap((event) => (event.type === 'error' ? [event.error] : []));

describe.each<[string, AudioEncoding, 'documented' | 'random']>([
  ['ink-2', 'linear16', 'documented'],
  ['ink-2', 'mulaw', 'random'],
  ['ink-whisper', 'linear16', 'documented'],
  ['ink-whisper', 'mulaw', 'random'],
])('%s over %s with %s manners', (model, encoding, manners) => {
  let simulator: CartesiaRecogniserSimulator;
  beforeAll(async () => {
    simulator = await startCartesiaRecogniserSimulator({
      apiKey,
      hearing: hearingInTurn(() => utterance),
      latencies: { finalizeMs: 20, partialMs: 10 },
      ...(manners === 'random' && { manners }),
    });
  });
  afterAll(() => simulator.close());

  describeContract(
    'Cartesia as a SpeechToText',
    speechToTextContract({
      utterance,
      create: (): SpeechToText => {
        // A machine that is busy with other tests must not try the adapter's patience.
        const patience = { connectTimeoutMs: 30_000, flushTimeoutMs: 30_000 };
        const stt = cartesiaSpeechToText({ apiKey, baseUrl: simulator.baseUrl, model, ...patience });
        const { name, accepts } = stt;
        // The suite opens every stream for linear PCM; what is told here is what goes over the wire.
        return {
          name,
          accepts,
          warmUp: () => stt.warmUp(),
          open: (options) => stt.open({ ...options, format: { ...options.format, encoding } }),
        };
      },
    }),
  );

  it('gives Cartesia no cause for complaint', () => {
    expect(simulator.queries.length).toBeGreaterThan(0);
    expect(simulator.problems).toEqual([]);
  });
});

describe('a stream to Cartesia', () => {
  it('has partials and a final, and reports the id of its connection', async () => {
    const call = await place();
    await connected(call);
    await say(call, speech);
    call.stream.flush();
    await pass(call, 400);
    expect(finalsOf(call)).toEqual([utterance]);
    expect(call.events.some((event) => event.type === 'partial' && event.text === 'book')).toBe(true);
    expect(call.incidents).toEqual([
      { type: 'request', kind: 'stt', provider: 'cartesia', requestId: 'simulated-550e8400' },
    ]);
    expect(call.simulator.problems).toEqual([]);
  });

  it('says what it wants in its address, and nothing secret', async () => {
    const call = await place(
      {},
      { model: 'ink-whisper', language: 'de', minVolume: 0.1, maxSilenceSec: 0.5, keyterms: ['Bern'] },
    );
    await connected(call);
    expect(call.simulator.queries).toEqual([
      { model: 'ink-whisper', encoding: 'pcm_mulaw', sampleRateHz: 8000, maxSilenceSec: 0.5 },
    ]);
    expect(call.simulator.problems).toEqual([]);
  });

  it.each([
    [undefined, 'ink-2'],
    ['en-GB', 'ink-2'],
    ['de', 'ink-whisper'],
  ])('uses for the language %s the model %s', (language, model) => {
    expect(cartesiaSpeechToText({ apiKey, ...(language !== undefined && { language }) }).model).toBe(model);
  });

  it('stays open without audio', async () => {
    const call = await place();
    await connected(call);
    for (let step = 0; step < 8; step++) {
      call.clock.advance(8000);
      await until(() => true);
    }
    expect(errorsOf(call)).toEqual([]);
    expect(call.simulator.problems).toEqual([]);
    await say(call, speech);
    call.stream.flush();
    await pass(call, 400);
    expect(finalsOf(call)).toEqual([utterance]);
  });

  it('is used for as much audio as is billed', async () => {
    const call = await place();
    await connected(call);
    await say(call, speech);
    call.stream.flush();
    await pass(call, 400);
    write(call, speech.subarray(0, 8000));
    const closed = call.stream.close();
    await until(() => true);
    call.clock.advance(500);
    await closed;
    expect(call.usage.map(({ kind, provider, model }) => [kind, provider, model])).toEqual([
      ['stt', 'cartesia', 'ink-2'],
      ['stt', 'cartesia', 'ink-2'],
    ]);
    const total = call.usage.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(total).toBeCloseTo(call.simulator.billed[0]?.seconds ?? 0, 9);
    expect(total).toBeCloseTo(speech.length / rateHz + 1, 1);
  });

  it('answers an overdue flush itself', async () => {
    const call = await place({ latencies: { finalizeMs: 5000 } });
    await connected(call);
    await say(call, speech);
    call.stream.flush();
    await pass(call, 1000);
    expect(finalsOf(call)).toEqual(['book my']);
    await pass(call, 4200);
    expect(finalsOf(call)).toEqual(['book my', 'appointment']);
    expect(errorsOf(call)).toEqual([]);
  });
});

describe('a failure of Cartesia’s recognition', () => {
  it.each<[string, RecogniserFault, Partial<ProviderError>]>([
    ['a cut connection', { type: 'refuse' }, { category: 'connection', retryable: true }],
    ['a refused key', { type: 'status', status: 401 }, { category: 'auth', retryable: false }],
    ['missing credits', { type: 'status', status: 402 }, { category: 'auth', retryable: false }],
    [
      'too many streams',
      { type: 'status', status: 429, retryAfterSec: 3 },
      { category: 'rate_limit', retryAfterMs: 3000 },
    ],
    ['a server error', { type: 'status', status: 503 }, { category: 'server', retryable: true }],
    ['a connection that breaks', { type: 'drop', afterAudioMs: 400 }, { category: 'connection' }],
    ['a close', { type: 'close', afterAudioMs: 400 }, { category: 'server', retryable: true }],
    ['a half close', { type: 'half_close', afterAudioMs: 400 }, { category: 'connection' }],
  ])('%s is reported once, with what was used', async (_, fault, expected) => {
    const call = await place({ faults: [fault] });
    await until(() => call.simulator.attempts > 0);
    if ('afterAudioMs' in fault) await connected(call);
    write(call, speech);
    await until(() => errorsOf(call).length > 0);
    expect(errorsOf(call)).toMatchObject([{ kind: 'stt', provider: 'cartesia', ...expected }]);
    expect(errorsOf(call)[0]?.message).not.toContain(apiKey);
    const seconds = call.usage.reduce((sum, one) => sum + one.seconds, 0);
    expect(seconds > 0).toBe('afterAudioMs' in fault);
  });

  it('names a refused model', async () => {
    const call = await place({ models: ['ink-2'] }, { model: 'ink-9' });
    await until(() => errorsOf(call).length > 0);
    expect(errorsOf(call)).toMatchObject([{ category: 'bad_request', field: 'stt.model' }]);
  });

  it('is noticed if nothing answers a flush', async () => {
    const call = await place({ faults: [{ type: 'stall', afterAudioMs: 1000 }] });
    await connected(call);
    await say(call, speech);
    call.stream.flush();
    expect(call.stream.recover?.()).toBe(true);
    await pass(call, 820);
    expect(errorsOf(call)).toMatchObject([{ category: 'timeout', retryable: true }]);
  });

  it.each<[string, RecogniserFault, boolean]>([
    ['half a message', { type: 'garbage', afterAudioMs: 300 }, true],
    ['slow messages', { type: 'slow_drip' }, true],
    ['messages out of order', { type: 'out_of_order' }, true],
    ['messages out of order, without interim ones', { type: 'out_of_order' }, false],
  ])('is none: %s', async (_, fault, interims) => {
    const call = await place({ faults: [fault], manners: { interims } });
    await connected(call);
    await say(call, speech);
    await pass(call, 200);
    call.stream.flush();
    await pass(call, 1500);
    expect(errorsOf(call)).toEqual([]);
    expect(finalsOf(call).filter((text) => text !== '')).toEqual([utterance]);
    expect(call.ignored()).toBe(fault.type === 'garbage' ? 1 : 0);
  });

  it('in the middle of a final loses the connection', async () => {
    const call = await place({ faults: [{ type: 'cut_final' }] });
    await connected(call);
    await say(call, speech);
    call.stream.flush();
    await pass(call, 300);
    expect(errorsOf(call)).toMatchObject([{ category: 'connection' }]);
  });

  it('to decode the audio gives no words and no error', async () => {
    const call = await place({ faults: [{ type: 'wrong_encoding' }] });
    await connected(call);
    await say(call, speech);
    call.stream.flush();
    await pass(call, 500);
    expect([finalsOf(call), errorsOf(call)]).toEqual([[''], []]);
  });
});

describe('the check of Cartesia’s key', () => {
  it('passes with the right one, and refuses a wrong one at start', async () => {
    const simulator = await startCartesiaRecogniserSimulator({ apiKey });
    const { baseUrl } = simulator;
    await cartesiaSpeechToText({ apiKey, baseUrl }).warmUp();
    await expect(cartesiaSpeechToText({ apiKey: 'sk_car_wrong', baseUrl }).warmUp()).rejects.toMatchObject({
      category: 'auth',
      message: expect.stringContaining('CARTESIA_API_KEY'),
    });
    await simulator.close();
  });
});
