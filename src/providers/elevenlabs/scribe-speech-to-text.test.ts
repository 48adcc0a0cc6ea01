import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { RecogniserCall } from '../../../test/harness/recogniser-call.js';
import { until } from '../../../test/harness/light-relay.js';
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { ConfigError, ProviderError } from '../../core/errors.js';
import { callerSpeech } from '../../simulators/caller-speech.js';
import {
  startScribeSimulator,
  type ScribeSimulator,
  type ScribeSimulatorOptions,
} from '../../simulators/elevenlabs/scribe-simulator.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import type { RecogniserFault } from '../../simulators/vendor-simulator.js';
import { scribeSpeechToText, type ScribeOptions } from './scribe-speech-to-text.js';

const callKey = 'el-very-secret-key';
const hearing = hearingInTurn(() => 'book my appointment');
let speech: Int16Array;
beforeAll(async () => {
  speech = await callerSpeech('book my appointment');
});

type Call = RecogniserCall<ScribeSimulator>;
const calls: Call[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) {
    await call.end();
    expect(call.clock.pendingTimers).toBe(0);
    expect(call.errors.length).toBeLessThanOrEqual(1);
    expect(inspect([call.events, call.incidents], { depth: 10, showHidden: true })).not.toContain(callKey);
  }
});

interface CallOptions {
  readonly simulator?: ScribeSimulatorOptions;
  readonly stt?: Partial<ScribeOptions>;
  readonly format?: AudioFormat;
}

async function place({ simulator, stt, format }: CallOptions = {}): Promise<Call> {
  const call = await RecogniserCall.place<ScribeSimulator>({
    simulate: (clock) => startScribeSimulator({ clock, hearing, ...simulator }),
    recognise: (baseUrl, clock) => scribeSpeechToText({ apiKey: callKey, baseUrl, clock, ...stt }),
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

describe('a stream to Scribe', () => {
  it('gives growing partials, and the final 100 ms after a flush, once', async () => {
    const call = await connect();
    await call.say(speech);
    const flushedMs = call.clock.nowMs();
    call.stream.flush();
    await call.pass(100, 1);
    expect(call.partials.slice(0, 2)).toEqual(['book', 'book my']);
    expect(call.events.at(-1)).toMatchObject({
      type: 'final',
      text: 'book my appointment',
      untilMs: speech.length / 8,
      answersFlush: true,
      atMs: flushedMs + 100,
    });
    await call.saySilence(2000);
    expect(call.finals).toEqual(['book my appointment']);
    expect(call.simulator.problems).toEqual([]);
    expect(call.incidents).toEqual([
      { type: 'request', kind: 'stt', provider: 'elevenlabs', requestId: 'scribe-simulated' },
    ]);
  });

  it('commits no less than 0.3 s of audio, and knows what silence it added', async () => {
    const call = await connect({ stt: { timestamps: true } });
    for (let turn = 0; turn < 5; turn++) {
      call.write(new Int16Array(160));
      call.stream.flush();
      await call.pass(1000);
    }
    call.write(speech);
    call.stream.flush();
    await call.pass(100);
    expect(call.simulator.problems).toEqual([]);
    const final = call.events.findLast(({ type }) => type === 'final');
    const lastWordMs = final?.type === 'final' ? (final.words?.at(-1)?.endMs ?? 0) : 0;
    const writtenMs = 100 + speech.length / 8;
    expect(final).toMatchObject({ text: 'book my appointment', untilMs: writtenMs });
    expect(lastWordMs).toBeGreaterThan(writtenMs - 400);
    expect(lastWordMs).toBeLessThanOrEqual(writtenMs);
  });

  it.each(['behind', 'before', 'missing'] as const)(
    'has one final for a segment, its times %s',
    async (timed) => {
      const call = await connect({ stt: { timestamps: true }, simulator: { manners: { timed } } });
      for (let turn = 0; turn < 2; turn++) {
        await call.say(speech);
        call.stream.flush();
        await call.saySilence(500);
      }
      expect(call.finals).toEqual(['book my appointment', 'book my appointment']);
      const timedFinals = call.events.filter((event) => event.type === 'final' && event.words !== undefined);
      expect(timedFinals).toHaveLength(timed === 'missing' ? 0 : 2);
    },
  );

  it('repeats no partial that was committed, until the caller speaks again', async () => {
    const call = await connect({ simulator: { manners: { echo: 'after', partials: 'repeated' } } });
    await call.say(speech);
    call.stream.flush();
    await call.saySilence(1000);
    const said = call.events.filter(({ type }) => type !== 'heard');
    expect(said.at(-1)).toMatchObject({ type: 'final' });
    const before = call.partials.length;
    call.stream.speechStarted?.();
    await call.say(speech);
    expect(call.partials.slice(before)).toContain('book my');
  });

  it('takes a segment that Scribe ended by itself for an end of speech only where it was asked to find it', async () => {
    const call = await connect({ stt: { vad: { silenceThresholdSecs: 0.5 } } });
    await call.say(speech);
    await call.saySilence(400);
    expect(call.events.findLast(({ type }) => type === 'final')).toMatchObject({
      text: 'book my appointment',
      endOfUtterance: true,
      answersFlush: false,
    });
    const manual = await connect();
    await manual.saySilence(34_500);
    await manual.say(speech);
    await manual.saySilence(1000);
    expect(manual.events.findLast(({ type }) => type === 'final')).toMatchObject({ endOfUtterance: false });
  });

  it('answers a flush itself where Scribe does not, and repeats no words then', async () => {
    const call = await connect({ simulator: { latencies: { flushMs: 1500 } } });
    await call.say(speech);
    await call.pass(200);
    call.stream.flush();
    await call.pass(1000);
    expect(call.finals).toEqual(['book my']);
    await call.pass(600);
    expect(call.finals).toEqual(['book my', 'appointment']);
  });

  it('keeps a connection open while no audio comes', async () => {
    const call = await connect();
    await call.pass(60_000, 200);
    expect(call.errors).toEqual([]);
    expect(call.simulator.sessions[0]!.isOpen).toBe(true);
    // It is charged by the second.
    expect(call.simulator.billed[0]!.seconds).toBeLessThan(0.3);
  });

  it('asks for what it was told to ask for', async () => {
    const call = await connect({
      stt: {
        language: 'de',
        keyterms: ['Acme', 'Zoë Ltd'],
        vad: { threshold: 0.5, minSilenceDurationMs: 200 },
        noVerbatim: true,
        extra: { filter_background_audio: true, secondary_languages: ['en', 'fr'] },
      },
      format: { encoding: 'linear16', sampleRateHz: 24000 },
    });
    expect(call.simulator.sessions[0]!.query.parameters).toEqual({
      model_id: ['scribe_v2_realtime'],
      audio_format: ['pcm_24000'],
      commit_strategy: ['vad'],
      language_code: ['de'],
      keyterms: ['Acme', 'Zoë Ltd'],
      no_verbatim: ['true'],
      vad_threshold: ['0.5'],
      min_silence_duration_ms: ['200'],
      filter_background_audio: ['true'],
      secondary_languages: ['en', 'fr'],
    });
  });

  it('sends linear PCM where mu-law has another rate than Scribe knows', async () => {
    const call = await connect({ format: { encoding: 'mulaw', sampleRateHz: 16000 } });
    expect(call.simulator.sessions[0]!.query.format).toEqual({ encoding: 'linear16', sampleRateHz: 16000 });
  });

  it('closes its connection when it is closed or aborted', async () => {
    const [closed, aborted] = [await connect(), await connect()];
    await closed.stream.close();
    aborted.abort.abort();
    await aborted.stream.close();
    for (const { simulator } of [closed, aborted]) await until(() => !simulator.sessions[0]!.isOpen);
  });
});

describe('the usage of Scribe', () => {
  it('is the audio that was sent: complete, cut and failed', async () => {
    const complete = await connect();
    await complete.say(speech);
    complete.stream.flush();
    expect(complete.usage).toHaveLength(1);
    await complete.saySilence(300);
    await complete.stream.close();
    const cut = await connect();
    await cut.say(speech.subarray(0, 4000));
    cut.abort.abort();
    const failed = await connect({ simulator: { faults: [{ type: 'close', afterAudioMs: 600 }] } });
    await failed.say(speech);
    for (const call of [complete, cut, failed]) {
      expect(call.usedSeconds).toBeGreaterThan(0.3);
      expect(call.usedSeconds).toBeCloseTo(call.simulator.billed[0]!.seconds, 5);
      expect(call.usage[0]).toMatchObject({
        kind: 'stt',
        provider: 'elevenlabs',
        model: 'scribe_v2_realtime',
      });
    }
  });
});

describe('a stream to Scribe that fails', () => {
  it.each([
    [401, 'auth', false],
    [402, 'auth', false],
    [400, 'bad_request', false],
    [429, 'rate_limit', true],
    [503, 'server', true],
  ])('with HTTP %i is a failure of category %s', async (status, category, retryable) => {
    const faults = [{ type: 'status', status, retryAfterSec: 7 }] as const;
    const error = await (await place({ simulator: { faults } })).failure();
    expect(error).toMatchObject({
      kind: 'stt',
      provider: 'elevenlabs',
      category,
      retryable,
      retryAfterMs: 7000,
    });
    expect(error.message).toContain(`HTTP ${status}`);
  });

  it('names the variable of a wrong key, and a model that does not exist', async () => {
    const wrong = await (await place({ simulator: { apiKey: 'another' } })).failure();
    expect(wrong).toMatchObject({ category: 'auth', retryable: false });
    expect(wrong.message).toMatch(/auth_error.*ELEVENLABS_API_KEY/);
    const unknown = await (await place({ stt: { model: 'scribe_v9' } })).failure();
    expect(unknown).toMatchObject({ category: 'bad_request', field: 'stt.model' });
    expect(unknown.message).toContain("'scribe_v9'");
  });

  it.each([
    ['quota_exceeded', 'rate_limit', false],
    ['unaccepted_terms', 'auth', false],
    ['rate_limited', 'rate_limit', true],
    ['queue_overflow', 'server', true],
    ['resource_exhausted', 'server', true],
    ['session_time_limit_exceeded', 'connection', true],
    ['insufficient_audio_activity', 'connection', true],
    ['transcriber_error', 'server', true],
    ['input_error', 'bad_request', false],
    ['chunk_size_exceeded', 'bad_request', false],
    ['something_new', 'server', true],
  ])('as %s is of category %s', async (type, category, retryable) => {
    const call = await connect();
    call.simulator.sessions[0]!.failWith(type, `no more of ${callKey}`);
    const error: ProviderError = await call.failure();
    expect(error).toMatchObject({ category, retryable, requestId: 'scribe-simulated' });
    expect(error.message).toContain(type);
    expect(error.message).toContain('[key]');
  });

  it('answers the flush that was throttled', async () => {
    const call = await connect();
    call.write(new Int16Array(4000));
    call.stream.flush();
    call.simulator.sessions[0]!.failWith('commit_throttled', 'Commit request ignored.');
    expect(await call.failure()).toMatchObject({ category: 'connection', retryable: true });
    expect(call.finals).toEqual(['']);
  });

  it.each(['drop', 'half_close', 'stall'] as const)('in the middle by %s is noticed', async (type) => {
    const call = await connect({ simulator: { faults: [{ type, afterAudioMs: 600 }] } });
    call.write(speech);
    await until(() => call.simulator.wire.received > 6);
    call.stream.flush();
    if (type === 'stall') call.clock.advance(800);
    expect(await call.failure()).toMatchObject({ category: type === 'stall' ? 'timeout' : 'connection' });
  });

  it.each<RecogniserFault>([
    { type: 'garbage', afterAudioMs: 300 },
    { type: 'out_of_order' },
    { type: 'slow_drip' },
  ])('or limps with $type loses and repeats no word', async (fault) => {
    const call = await place({ simulator: { faults: [fault] } });
    call.write(speech);
    call.stream.flush();
    for (let step = 0; step < 600 && call.finals.join('') === ''; step++) {
      call.clock.advance(5);
      for (let turn = 0; turn < 4; turn++) await nextTurn();
    }
    await call.saySilence(1200);
    expect(call.finals.filter((text) => text !== '')).toEqual(['book my appointment']);
    expect(call.errors).toEqual([]);
  });
});

describe('Scribe that is warmed up', () => {
  it('reports a wrong key; a key that may only recognise speech is right', async () => {
    const call = await place({ simulator: { apiKey: callKey, permissions: [] } });
    await call.connected();
    await call.stt.warmUp?.();
    expect([call.simulator.probes, call.simulator.attempts]).toEqual([1, 1]);
    const wrong = scribeSpeechToText({
      apiKey: 'el-wrong-key',
      baseUrl: call.simulator.baseUrl,
      clock: call.clock,
    });
    await expect(wrong.warmUp()).rejects.toMatchObject({
      category: 'auth',
      message: expect.stringMatching(/^(?!.*el-wrong-key).*ELEVENLABS_API_KEY/),
    });
  });
});

describe('the options of Scribe', () => {
  it.each<[Partial<ScribeOptions>, string]>([
    [{ keyterms: ['x'.repeat(21)] }, 'keyterms'],
    [{ vad: { silenceThresholdSecs: 0.1 } }, 'vad.silenceThresholdSecs'],
    [{ vad: { threshold: 1 } }, 'vad.threshold'],
    [{ extra: { audio_format: 'pcm_8000' } }, 'extra.audio_format'],
  ])('are refused where ElevenLabs would refuse them: %j', (options, field) => {
    let problems: readonly { readonly field: string }[] = [];
    try {
      scribeSpeechToText({ apiKey: 'k', ...options });
    } catch (thrown) {
      problems = (thrown as ConfigError).problems;
    }
    expect(problems).toMatchObject([{ field }]);
  });
});
