import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { RecogniserCall } from '../../../test/harness/recogniser-call.js';
import { until } from '../../../test/harness/light-relay.js';
import type { AudioFormat } from '../../audio/audio-frame.js';
import { ProviderError } from '../../core/errors.js';
import { callerSpeech } from '../../simulators/caller-speech.js';
import {
  startAssemblyAiSimulator,
  type AssemblyAiSimulator,
  type AssemblyAiSimulatorOptions,
} from '../../simulators/assemblyai/assemblyai-simulator.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import type { RecogniserFault } from '../../simulators/vendor-simulator.js';
import { assemblyAiSpeechToText, type AssemblyAiOptions } from './assemblyai-speech-to-text.js';

const callKey = 'aai-very-secret-key';
const hearing = hearingInTurn(() => 'book my appointment');
let speech: Int16Array;
beforeAll(async () => {
  speech = await callerSpeech('book my appointment');
});

type Call = RecogniserCall<AssemblyAiSimulator>;
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
  readonly simulator?: AssemblyAiSimulatorOptions;
  readonly stt?: Partial<AssemblyAiOptions>;
  readonly format?: AudioFormat;
}

async function place({ simulator, stt, format }: CallOptions = {}): Promise<Call> {
  const call = await RecogniserCall.place<AssemblyAiSimulator>({
    simulate: (clock) => startAssemblyAiSimulator({ clock, hearing, ...simulator }),
    recognise: (baseUrl, clock) => assemblyAiSpeechToText({ apiKey: callKey, baseUrl, clock, ...stt }),
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

const fail = (fault: RecogniserFault, options: CallOptions = {}): Promise<Call> =>
  place({ ...options, simulator: { ...options.simulator, faults: [fault] } });

describe('an AssemblyAI stream', () => {
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
      answersFlush: true,
      atMs: flushedMs + 100,
    });
    await call.saySilence(2000);
    expect(call.finals).toEqual(['book my appointment']);
    expect(call.simulator.problems).toEqual([]);
  });

  it('has the final of an end that AssemblyAI found', async () => {
    const call = await connect();
    await call.say(speech);
    await call.saySilence(400);
    expect(call.events.findLast(({ type }) => type === 'final')).toMatchObject({
      text: 'book my appointment',
      endOfUtterance: true,
      answersFlush: false,
    });
  });

  it('tells once what AssemblyAI calls the session', async () => {
    const call = await connect();
    await call.say(speech);
    expect(call.incidents).toEqual([
      { type: 'request', kind: 'stt', provider: 'assemblyai', requestId: 'de5d9927-simulated' },
    ]);
  });

  it('sends audio in messages that AssemblyAI takes: none is shorter than 50 ms, whenever it is flushed', async () => {
    const call = await connect();
    for (const ms of [20, 40, 60, 80, 1500]) {
      call.write(new Int16Array(8 * ms));
      call.stream.flush();
      await call.pass(1000);
    }
    const [session] = call.simulator.sessions;
    expect(session!.chunks.every(({ length }) => length >= 400 && length <= 8000)).toBe(true);
    expect(call.simulator.problems).toEqual([]);
    expect(call.finals).toHaveLength(5);
  });

  it('tells the times of words in the caller’s audio, though silence was sent between', async () => {
    const call = await connect();
    // Each of these flushes needs 30 ms of silence.
    for (let turn = 0; turn < 10; turn++) {
      call.write(new Int16Array(160));
      call.stream.flush();
      await call.pass(1000);
    }
    call.write(speech);
    call.stream.flush();
    await call.pass(100);
    const final = call.events.findLast(({ type }) => type === 'final');
    const lastWordMs = final?.type === 'final' ? (final.words?.at(-1)?.endMs ?? 0) : 0;
    const writtenMs = 200 + speech.length / 8;
    expect(final).toMatchObject({ text: 'book my appointment', untilMs: writtenMs });
    expect(lastWordMs).toBeGreaterThan(writtenMs - 400);
    expect(lastWordMs).toBeLessThanOrEqual(writtenMs);
  });

  it('sends what was said before the session had begun, in few messages, flushes included', async () => {
    const call = await place();
    call.write(speech);
    call.stream.flush();
    call.write(new Int16Array(1600));
    await call.connected();
    await call.pass(100);
    expect(call.finals).toEqual(['book my appointment']);
    expect(call.simulator.sessions[0]!.chunks.length).toBeLessThan(8);
    expect(call.simulator.problems).toEqual([]);
  });

  it('has formatted finals where they are asked for, and the others where AssemblyAI sends none', async () => {
    const stt = { model: 'universal-streaming-english', formatTurns: true };
    const formatted = await connect({ stt });
    await formatted.say(speech);
    formatted.stream.flush();
    await formatted.pass(1500);
    expect(formatted.finals).toEqual(['Book my appointment.']);
    const plain = await connect({ stt, simulator: { manners: { formatted: 'missing' } } });
    await plain.say(speech);
    plain.stream.flush();
    await plain.pass(1500);
    expect(plain.finals).toEqual(['book my appointment']);
  });

  it('answers a flush itself where AssemblyAI does not', async () => {
    const call = await connect();
    await call.saySilence(200);
    call.stream.flush();
    await call.pass(980);
    expect(call.finals).toEqual([]);
    await call.pass(20);
    expect(call.finals).toEqual(['']);
  });

  it('asks for what it was told to ask for', async () => {
    const call = await connect({
      stt: {
        model: 'universal-3-5-pro',
        languages: ['en', 'es'],
        keyterms: ['Acme', 'Zoë Ltd'],
        minTurnSilenceMs: 100,
        maxTurnSilenceMs: 1000,
        filterProfanity: true,
        extra: { mode: 'min_latency', inactivity_timeout: 60 },
      },
      format: { encoding: 'linear16', sampleRateHz: 16000 },
    });
    expect(call.simulator.sessions[0]!.query).toMatchObject({
      model: 'universal-3-5-pro',
      format: { encoding: 'linear16', sampleRateHz: 16000 },
    });
    expect(call.simulator.problems).toEqual([]);
  });

  it('ends its session when it is closed or aborted, since a session is charged until its end', async () => {
    const [closed, aborted] = [await connect(), await connect()];
    await closed.stream.close();
    aborted.abort.abort();
    await aborted.stream.close();
    for (const { simulator, events } of [closed, aborted]) {
      await until(() => !simulator.sessions[0]!.isOpen);
      expect(simulator.sessions[0]!.controls).toEqual(['Terminate']);
      expect(events).toMatchObject([{ type: 'heard', untilMs: 0 }]);
    }
  });

  it('ends a session that has not begun', async () => {
    // Its first message is still on the way.
    const call = await fail({ type: 'slow_drip' });
    await until(() => call.simulator.sessions.length > 0);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    void call.stream.close();
    await until(() => call.simulator.sessions[0]!.controls.length > 0);
    expect(call.simulator.sessions[0]!.controls).toEqual(['Terminate']);
  });

  it('stays open for minutes without audio', async () => {
    const call = await connect();
    await call.pass(180_000, 500);
    expect(call.errors).toEqual([]);
    expect(call.simulator.sessions[0]!.isOpen).toBe(true);
  });
});

describe('the usage of AssemblyAI', () => {
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
    const failed = await fail({ type: 'close', afterAudioMs: 600 });
    await failed.connected();
    await failed.say(speech);
    for (const call of [complete, cut, failed]) {
      expect(call.usedSeconds).toBeGreaterThan(0.3);
      expect(call.usedSeconds).toBeCloseTo(call.simulator.billed[0]!.seconds, 5);
      expect(call.usage[0]).toMatchObject({
        kind: 'stt',
        provider: 'assemblyai',
        model: 'universal-3-5-pro',
      });
    }
  });
});

describe('an AssemblyAI stream that cannot be opened', () => {
  it.each([
    [401, 'auth', false],
    [402, 'auth', false],
    [400, 'bad_request', false],
    [429, 'rate_limit', true],
    [503, 'server', true],
  ])('with HTTP %i is a failure of category %s', async (status, category, retryable) => {
    const call = await fail({ type: 'status', status, retryAfterSec: 7 });
    const error = await call.failure();
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      kind: 'stt',
      provider: 'assemblyai',
      category,
      retryable,
      retryAfterMs: 7000,
    });
    expect(error.message).toContain(`HTTP ${status}`);
  });

  it.each(['frame', 'close_only'] as const)(
    'names the variable of a wrong key, told by %s',
    async (errors) => {
      const call = await place({ simulator: { apiKey: 'another', manners: { errors } } });
      const error = await call.failure();
      expect(error).toMatchObject({ category: 'auth', retryable: false });
      expect(error.message).toMatch(/1008.*ASSEMBLYAI_API_KEY/);
    },
  );

  it('names the model that does not exist', async () => {
    const call = await place({ stt: { model: 'universal-9' } });
    const error = await call.failure();
    expect(error).toMatchObject({ category: 'bad_request', retryable: false, field: 'stt.model' });
    expect(error.message).toMatch(/stt\.model.*'universal-9'.*3006/);
  });

  it('because the connection is cut at once is a failure of the connection', async () => {
    const call = await fail({ type: 'refuse' });
    expect(await call.failure()).toMatchObject({ category: 'connection', retryable: true });
  });
});

describe('an AssemblyAI stream that fails in the middle', () => {
  it.each<[RecogniserFault['type'], string]>([
    ['drop', 'connection'],
    ['half_close', 'connection'],
    ['close', 'server'],
  ])('because of %s reports %s', async (type, category) => {
    const call = await fail({ type, afterAudioMs: 400 } as RecogniserFault);
    await call.connected();
    call.write(speech);
    const error = await call.failure();
    expect(error).toMatchObject({ category, retryable: true, requestId: 'de5d9927-simulated' });
    const before = call.events.length;
    call.write(speech);
    call.stream.flush();
    call.clock.advance(60_000);
    expect(call.events).toHaveLength(before);
  });

  it('fails within a second of a flush that does not arrive anywhere', async () => {
    const call = await fail({ type: 'stall', afterAudioMs: 1000 });
    await call.connected();
    call.write(speech);
    await until(() => call.simulator.wire.received > 10);
    call.stream.flush();
    call.clock.advance(799);
    expect(call.stream.recover?.()).toBe(true);
    expect(call.errors).toEqual([]);
    call.clock.advance(1);
    expect(call.errors).toMatchObject([{ category: 'timeout', retryable: true }]);
  });

  it.each<RecogniserFault>([
    { type: 'garbage', afterAudioMs: 300 },
    { type: 'out_of_order' },
    { type: 'slow_drip' },
  ])('or limps with $type loses and repeats no word', async (fault) => {
    const call = await fail(fault);
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

  it('hears nothing in audio of another encoding', async () => {
    const call = await fail({ type: 'wrong_encoding' });
    await call.connected();
    await call.say(speech);
    call.stream.flush();
    await call.pass(1000);
    expect(call.finals).toEqual(['']);
  });
});

describe("AssemblyAI's own words for a failure", () => {
  const said = async (code: number, error: string): Promise<ProviderError> => {
    const call = await connect();
    call.simulator.sessions[0]!.failWith(code, error);
    return call.failure();
  };

  it.each([
    [1008, 'Unauthorized Connection: Insufficient account balance', 'auth', false],
    [3009, 'Unauthorized Connection: Too many concurrent sessions', 'rate_limit', true],
    [1008, 'Unauthorized Connection: Too many concurrent sessions', 'rate_limit', true],
    [3008, 'Session Expired: Maximum session duration exceeded', 'connection', true],
    [3005, 'Session Expired: Maximum session duration exceeded', 'connection', true],
    [3007, 'Audio Transmission Rate Exceeded: Received 314.9 sec. audio in 1.3 sec', 'rate_limit', true],
    [3006, 'User Input Validation Error: Invalid JSON', 'bad_request', false],
    [3005, 'Session Cancelled: An error occurred', 'server', true],
    [4002, '', 'auth', false],
    [3999, 'Something new', 'server', true],
    [1011, 'The load balancer has closed the connection', 'server', true],
  ])('%i %s is of category %s', async (code, reason, category, retryable) => {
    const error = await said(code, reason);
    expect(error).toMatchObject({ category, retryable });
    expect(error.message).toContain(String(code));
    expect(error.message.includes('Add credit')).toBe(reason.includes('account balance'));
  });

  it('are quoted without the key', async () => {
    expect((await said(3005, `no more of ${callKey}`)).message).toContain('no more of [key]');
  });
});

describe('AssemblyAI that is warmed up or probed', () => {
  it('asks for a token that is never used, and reports a wrong key', async () => {
    const call = await place({ simulator: { apiKey: callKey } });
    await call.connected();
    await call.stt.warmUp?.();
    expect([call.simulator.probes, call.simulator.attempts, call.simulator.problems]).toEqual([1, 1, []]);
    const wrong = assemblyAiSpeechToText({
      apiKey: 'aai-wrong',
      baseUrl: call.simulator.baseUrl,
      clock: call.clock,
    });
    await expect(wrong.warmUp()).rejects.toMatchObject({
      category: 'auth',
      retryable: false,
      message: expect.stringMatching(/^(?!.*aai-wrong).*ASSEMBLYAI_API_KEY/),
    });
  });
});
