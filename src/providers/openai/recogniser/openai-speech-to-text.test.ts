import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { RecogniserCall } from '../../../../test/harness/recogniser-call.js';
import type { AudioFormat } from '../../../audio/audio-frame.js';
import { callerSpeech } from '../../../simulators/caller-speech.js';
import {
  startOpenAiRecogniserSimulator,
  type OpenAiRecogniserSimulator,
  type OpenAiRecogniserSimulatorOptions,
} from '../../../simulators/openai/recogniser/openai-recogniser-simulator.js';
import { hearingInTurn } from '../../../simulators/simulated-hearing.js';
import type { RecogniserFault } from '../../../simulators/vendor-simulator.js';
import { openAiSpeechToText, type OpenAiRecogniserOptions } from './openai-speech-to-text.js';

type Call = RecogniserCall<OpenAiRecogniserSimulator>;

const key = 'sk-test-ears-31c0d4';
const words = 'book my appointment';
const web: AudioFormat = { encoding: 'linear16', sampleRateHz: 24_000 };
let phone: Int16Array;
let browser: Int16Array;
beforeAll(async () => {
  phone = await callerSpeech(words, { sampleRateHz: 8000 });
  browser = await callerSpeech(words, { sampleRateHz: 24_000 });
});

interface CallOptions {
  readonly simulator?: OpenAiRecogniserSimulatorOptions;
  readonly stt?: Partial<OpenAiRecogniserOptions>;
  readonly format?: AudioFormat;
}

const calls: Call[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) {
    await call.end();
    // Whatever has failed: no timer is left, the error came once, and the key is nowhere in it.
    expect(call.clock.pendingTimers).toBe(0);
    expect(call.errors.length).toBeLessThanOrEqual(1);
    expect(inspect(call.events, { depth: 10, showHidden: true })).not.toContain(key);
  }
});

async function place({ simulator = {}, stt = {}, format }: CallOptions = {}): Promise<Call> {
  const call = await RecogniserCall.place({
    simulate: (clock) =>
      startOpenAiRecogniserSimulator({
        apiKey: key,
        hearing: hearingInTurn(() => words),
        clock,
        ...simulator,
      }),
    recognise: (baseUrl, clock) => openAiSpeechToText({ apiKey: key, baseUrl, clock, ...stt }),
    ...(format && { format }),
  });
  calls.push(call);
  return call;
}

async function connect(options: CallOptions = {}): Promise<Call> {
  const call = await place(options);
  await call.connected();
  return call;
}

/** Speech and a flush, as a session reports them. */
async function sayAndFlush(call: Call, samples: Int16Array): Promise<void> {
  const first = samples.length >> 2;
  await call.say(samples.subarray(0, first));
  call.stream.speechStarted?.();
  await call.say(samples.subarray(first));
  call.stream.flush();
  await call.pass(500);
}

describe('a call with OpenAI as recogniser', () => {
  it('sends phone audio as it came, and gives partials and a final', async () => {
    const call = await connect();
    await sayAndFlush(call, phone);
    expect(call.finals).toEqual([words]);
    expect(call.partials[0]).toBe('book');
    expect(call.simulator.sessions[0]?.update?.input.format).toEqual({ type: 'audio/pcmu' });
    expect(call.simulator.problems).toEqual([]);
  });

  it('sends other audio as PCM at 24 kHz, byte for byte', async () => {
    const call = await connect({ format: web });
    call.stream.speechStarted?.();
    await call.say(browser);
    call.stream.flush();
    await call.pass(500);
    const sent = Buffer.concat(call.simulator.sessions[0]?.chunks ?? []);
    const said = Buffer.from(browser.buffer, browser.byteOffset, browser.byteLength);
    // The last frame is filled up with silence.
    expect(sent.subarray(0, said.length).equals(said)).toBe(true);
    expect(call.finals).toEqual([words]);
  });

  it('sends no silence, but the half second before the speech, and keeps the positions of all audio', async () => {
    const call = await connect();
    await call.saySilence(3000);
    call.stream.speechStarted?.();
    await call.say(phone);
    call.stream.flush();
    await call.pass(500);
    // Sent in whole messages of 20 ms.
    const saidMs = Math.ceil(phone.length / 160) * 20;
    expect(call.simulator.sessions[0]?.commitsMs[0]).toBeCloseTo(500 + saidMs, 0);
    const final = call.events.find(({ type }) => type === 'final');
    expect(final).toMatchObject({ text: words, untilMs: expect.closeTo(3000 + phone.length / 8, 0) });
    await call.saySilence(2000);
    await sayAndFlush(call, phone);
    expect(call.finals).toEqual([words, words]);
  });

  it('answers a flush without speech at once', async () => {
    const call = await connect();
    await call.saySilence(1000);
    call.stream.flush();
    await call.pass(20);
    expect(call.finals).toEqual(['']);
    expect(call.simulator.sessions[0]?.controls).toEqual(['session.update']);
  });

  it('makes a commit long enough', async () => {
    const call = await connect();
    call.stream.speechStarted?.();
    await call.say(phone.subarray(0, 160));
    call.stream.flush();
    await call.pass(500);
    expect(call.finals).toHaveLength(1);
    expect(call.simulator.problems).toEqual([]);
    expect(call.simulator.sessions[0]?.commitsMs).toEqual([expect.closeTo(100, 1)]);
  });

  it('matches transcripts that come in another order', async () => {
    const call = await connect({
      simulator: {
        hearing: hearingInTurn(['one', 'two']),
        manners: { order: 'reversed_pairs' },
        latencies: { flushMs: 400 },
      },
    });
    for (let time = 0; time < 2; time++) {
      call.stream.speechStarted?.();
      call.write(phone);
      call.stream.flush();
      await call.pass(60);
    }
    await call.pass(1000);
    expect(call.finals).toEqual(['one', 'two']);
  });

  it('goes on behind an item that OpenAI could not transcribe, with silence in its place', async () => {
    const call = await connect({
      simulator: { hearing: hearingInTurn(['one', 'two']), manners: { deltas: 'none', failsFirst: true } },
    });
    await sayAndFlush(call, phone);
    await sayAndFlush(call, phone);
    expect(call.finals).toEqual(['', 'two']);
    expect(call.errors).toEqual([]);
    expect(call.stt).toMatchObject({ failedItems: 1 });
  });

  it('answers an overdue flush with the words so far, and does not repeat them', async () => {
    const call = await connect({ simulator: { latencies: { flushMs: 6000 } } });
    call.stream.speechStarted?.();
    await call.say(phone);
    await call.pass(200);
    call.stream.flush();
    await call.pass(4000, 100);
    expect(call.finals).toHaveLength(1);
    expect(words.startsWith(call.finals[0] ?? '-')).toBe(true);
    await call.pass(3000, 100);
    expect(call.finals).toHaveLength(1);
  });

  it('says what OpenAI calls the session', async () => {
    const call = await connect();
    expect(call.incidents).toEqual([
      { type: 'request', kind: 'stt', provider: 'openai', requestId: 'sess_simulated' },
    ]);
  });

  it('sends its options as the model takes them', async () => {
    const live = await connect({
      stt: {
        ...{ language: 'en-US', keyterms: ['Hzrelay'], prompt: 'A dentist.', delay: 'low' },
        noiseReduction: 'near_field',
        extra: { include: ['item.input_audio_transcription.logprobs'] },
      },
    });
    await live.pass(20);
    expect(live.simulator.sessions[0]?.update?.input).toMatchObject({
      noise_reduction: { type: 'near_field' },
      transcription: { languages: ['en'], keywords: ['Hzrelay'], prompt: 'A dentist.', delay: 'low' },
    });
    const old = await connect({ stt: { model: 'whisper-1', language: 'de' } });
    await old.pass(20);
    expect(old.simulator.sessions[0]?.update?.input.transcription).toEqual({
      model: 'whisper-1',
      language: 'de',
    });
    expect([...live.simulator.problems, ...old.simulator.problems]).toEqual([]);
  });
});

describe('what is used at OpenAI', () => {
  it('is what it bills, also if the call ends in mid-sentence', async () => {
    const call = await connect();
    await sayAndFlush(call, phone);
    expect(call.usage).toMatchObject([{ kind: 'stt', provider: 'openai', model: 'gpt-live-transcribe' }]);
    expect(call.usedSeconds).toBeCloseTo(call.simulator.billed[0]?.seconds ?? 0, 6);
    call.stream.speechStarted?.();
    await call.say(phone.subarray(0, 3200));
    await call.stream.close();
    expect(call.usedSeconds).toBeCloseTo(call.simulator.billed[0]?.seconds ?? 0, 6);
    expect(call.usage).toHaveLength(2);
  });

  it('is what it bills if the connection breaks', async () => {
    const call = await connect({ simulator: { faults: [{ type: 'drop', afterAudioMs: 400 }] } });
    call.stream.speechStarted?.();
    await call.say(phone.subarray(0, 3200));
    await call.failure();
    expect(call.usedSeconds).toBeCloseTo(call.simulator.billed[0]?.seconds ?? 0, 6);
  });
});

describe('a session at OpenAI that fails', () => {
  it.each<[string, RecogniserFault, object]>([
    ['is cut before the handshake', { type: 'refuse' }, { category: 'connection', retryable: true }],
    ['is refused its key', { type: 'status', status: 401 }, { category: 'auth', retryable: false }],
    [
      'is refused for now',
      { type: 'status', status: 429, retryAfterSec: 2 },
      { category: 'rate_limit', retryAfterMs: 2000 },
    ],
    ['meets a failing server', { type: 'status', status: 503 }, { category: 'server', retryable: true }],
  ])('since it %s says so', async (_, fault, expected) => {
    const call = await place({ simulator: { faults: [fault] } });
    expect(await call.failure()).toMatchObject({ kind: 'stt', provider: 'openai', ...expected });
  });

  it.each<[string, RecogniserFault, object]>([
    ['cut', { type: 'drop', afterAudioMs: 300 }, { category: 'connection' }],
    ['half closed', { type: 'half_close', afterAudioMs: 300 }, { category: 'connection' }],
    ['closed', { type: 'close', afterAudioMs: 300 }, { category: 'server' }],
  ])('in mid-sentence, since it is %s, says so', async (_, fault, expected) => {
    const call = await connect({ simulator: { faults: [fault] } });
    call.stream.speechStarted?.();
    call.write(phone);
    expect(await call.failure()).toMatchObject({ ...expected, retryable: true, requestId: 'sess_simulated' });
  });

  it('skips half a message', async () => {
    const call = await connect({ simulator: { faults: [{ type: 'garbage', afterAudioMs: 300 }] } });
    await sayAndFlush(call, phone);
    expect(call.finals).toEqual([words]);
    expect(call.stt).toMatchObject({ ignored: { malformed: 1 } });
  });

  it('since it stalls is noticed by a ping', async () => {
    const call = await connect({ simulator: { faults: [{ type: 'stall', afterAudioMs: 300 }] } });
    call.stream.speechStarted?.();
    call.write(phone);
    call.stream.flush();
    while (call.errors.length === 0) {
      await nextTurn();
      call.clock.advance(100);
    }
    expect(await call.failure()).toMatchObject({ category: 'timeout' });
  });

  it('since its key is unknown names the variable', async () => {
    const call = await place({ stt: { apiKey: 'sk-another-key' } });
    const error = await call.failure();
    expect(error).toMatchObject({ category: 'auth', retryable: false });
    expect(error.message).toContain('OPENAI_API_KEY');
  });

  it('since its model is unknown names the field', async () => {
    const call = await connect({ stt: { model: 'whisper-9' } });
    expect(await call.failure()).toMatchObject({ category: 'bad_request', field: 'stt.model' });
  });

  it('since OpenAI refuses an option names the field', async () => {
    const call = await connect({ stt: { model: 'gpt-4o-transcribe', keyterms: ['Hzrelay'] } });
    expect(await call.failure()).toMatchObject({ category: 'bad_request', field: 'stt.keyterms' });
  });

  it('refuses audio of another rate', async () => {
    const call = await connect();
    call.stream.speechStarted?.();
    call.stream.write({ samples: browser.subarray(0, 480), sampleRateHz: 24_000 });
    expect(await call.failure()).toMatchObject({ category: 'bad_request' });
  });
});

describe('the check of the recogniser', () => {
  it('passes a current model, and tells when another leaves', async () => {
    const call = await connect();
    const { baseUrl } = call.simulator;
    await expect(openAiSpeechToText({ apiKey: key, baseUrl }).warmUp()).resolves.toEqual([]);
    const leaving = openAiSpeechToText({ apiKey: key, baseUrl, model: 'whisper-1' });
    await expect(leaving.warmUp()).resolves.toMatchObject([
      { field: 'stt.model', remedy: "Name a current one, for example 'gpt-live-transcribe'." },
    ]);
  });

  it('rejects an unknown key and an unknown model', async () => {
    const call = await connect();
    const { baseUrl } = call.simulator;
    await expect(openAiSpeechToText({ apiKey: 'sk-wrong', baseUrl }).warmUp()).rejects.toMatchObject({
      category: 'auth',
    });
    await expect(
      openAiSpeechToText({ apiKey: key, baseUrl, model: 'whisper-9' }).warmUp(),
    ).rejects.toMatchObject({ field: 'stt.model' });
  });
});
