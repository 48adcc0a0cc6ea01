import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ProviderError } from '../../core/errors.js';
import { callerSpeech } from '../../simulators/caller-speech.js';
import { callKey, DeepgramCall, type DeepgramCallOptions } from '../../../test/harness/deepgram-call.js';
import type { DeepgramFault } from '../../simulators/deepgram/deepgram-fault.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import { DeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import { until } from '../../../test/harness/light-relay.js';
import { HandshakeRefusal } from './deepgram-errors.js';

const hearing = hearingInTurn(() => 'book my appointment');
const models = ['nova-3', 'flux-general-en'];
let speech: Int16Array;
beforeAll(async () => {
  speech = await callerSpeech('book my appointment');
});

const calls: DeepgramCall[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) {
    await call.end();
    // Whatever has failed: no timer is left, the error came once, and the key is nowhere in it.
    expect(call.clock.pendingTimers).toBe(0);
    expect(call.errors.length).toBeLessThanOrEqual(1);
    expect(inspect(call.events, { depth: 10, showHidden: true })).not.toContain(callKey);
  }
});
const place = async (fault: DeepgramFault, options: DeepgramCallOptions = {}): Promise<DeepgramCall> => {
  const call = await DeepgramCall.place({
    ...options,
    simulator: { hearing, ...options.simulator, faults: [fault] },
  });
  calls.push(call);
  return call;
};

describe('the failure of a Deepgram stream', () => {
  it.each<[string, DeepgramFault]>([
    ['refused', { type: 'status', status: 503 }],
    ['refused for its model', { type: 'status', status: 400, body: 'No such model' }],
  ])('that is %s names the request', async (_what, fault) => {
    const { requestId } = await (await place(fault)).failure();
    expect(requestId).toBe('simulated');
  });

  it('that breaks off names the connection', async () => {
    const call = await DeepgramCall.connect({ simulator: { hearing } });
    calls.push(call);
    await call.simulator.close();
    expect((await call.failure()).requestId).toBe('simulated');
  });
});

describe('a Deepgram stream that cannot be opened', () => {
  it.each([
    [401, 'auth', false],
    [402, 'auth', false],
    [403, 'auth', false],
    [400, 'bad_request', false],
    [404, 'bad_request', false],
    [408, 'timeout', true],
    [429, 'rate_limit', true],
    [500, 'server', true],
    [503, 'server', true],
  ])('with HTTP %i is a failure of category %s', async (status, category, retryable) => {
    const call = await place({ type: 'status', status, body: 'because' });
    const error = await call.failure();
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'stt', provider: 'deepgram', category, retryable });
    expect(error.message).toMatch(new RegExp(`HTTP ${status}.*because`));
    expect(call.simulator.attempts).toBe(1);
  });

  it('says how long Deepgram asks to wait', async () => {
    const call = await place({ type: 'status', status: 429, retryAfterSec: 7 });
    const { cause, message } = await call.failure();
    expect(cause).toBeInstanceOf(HandshakeRefusal);
    expect(cause).toMatchObject({ status: 429, retryAfterMs: 7000 });
    expect(message).toContain('7000 ms');
  });

  it('quotes what the other side says, but not the key', async () => {
    const call = await place({ type: 'status', status: 401, body: `${callKey} is not a key` });
    expect((await call.failure()).message).toContain('[key] is not a key');
  });

  it.each([
    [400, 'Bad Request: No such model/language/tier combination found.'],
    [403, 'Project does not have access to the requested model.'],
  ])('because of its model (HTTP %i) names field, value and remedy', async (status, body) => {
    const call = await place({ type: 'status', status, body }, { stt: { model: 'nova-3', language: 'tlh' } });
    const error = await call.failure();
    expect(error).toMatchObject({ category: 'bad_request', retryable: false, field: 'stt.model' });
    expect(error.message).toMatch(/stt\.model.*'nova-3'.*'tlh'.*Choose/);
    expect(error.message).toContain(body);
  });

  it('because the model does not exist says so after one attempt', async () => {
    const call = await DeepgramCall.place({ stt: { model: 'nova-9' } });
    calls.push(call);
    expect(await call.failure()).toMatchObject({ category: 'bad_request', field: 'stt.model' });
    await call.pass(10_000, 100);
    expect(call.simulator.attempts).toBe(1);
  });

  it('names the variable of a wrong key, and does not try it again', async () => {
    const call = await DeepgramCall.place({ simulator: { apiKey: 'another' } });
    calls.push(call);
    expect((await call.failure()).message).toContain('DEEPGRAM_API_KEY');
    await call.pass(10_000, 100);
    expect(call.simulator.attempts).toBe(1);
  });

  it('because no server listens is a failure of the connection', async () => {
    const gone = await DeepgramSimulator.start();
    const baseUrl = gone.baseUrl;
    await gone.close();
    const call = await DeepgramCall.place({ stt: { baseUrl } });
    calls.push(call);
    expect(await call.failure()).toMatchObject({ category: 'connection', retryable: true });
  });

  it('because the connection is cut at once is a failure of the connection', async () => {
    const call = await place({ type: 'refuse' });
    expect(await call.failure()).toMatchObject({ category: 'connection', retryable: true });
  });

  it('because nothing answers fails when the time is up, not before', async () => {
    const call = await place({ type: 'no_answer' }, { stt: { connectTimeoutMs: 3000 } });
    call.write(speech);
    await until(() => call.simulator.attempts > 0);
    call.clock.advance(2999);
    expect(call.errors).toEqual([]);
    call.clock.advance(1);
    expect(call.errors).toMatchObject([{ category: 'timeout', retryable: true }]);
  });
});

describe.each(models)('a stream to %s that fails in the middle', (model) => {
  /** Speaks until the fault is reported. */
  const fail = async (fault: DeepgramFault): Promise<ProviderError> => {
    const call = await place(fault, { stt: { model } });
    call.write(speech);
    return call.failure();
  };

  it('because the connection is cut reports the connection', async () => {
    expect(await fail({ type: 'drop', afterAudioMs: 400 })).toMatchObject({
      category: 'connection',
      retryable: true,
    });
  });

  it('because Deepgram leaves without a word reports the connection', async () => {
    expect(await fail({ type: 'half_close', afterAudioMs: 400 })).toMatchObject({
      category: 'connection',
      retryable: true,
    });
  });

  it.each([
    [1011, 'NET-0001: no audio', 'timeout', true],
    [1011, 'internal', 'server', true],
    [1012, '', 'server', true],
    [1000, '', 'connection', true],
    [1001, 'going away', 'connection', true],
    [1008, 'DATA-0000: not audio', 'bad_request', false],
  ])('because Deepgram closes with %i %s reports %s', async (code, reason, category, retryable) => {
    const error = await fail({ type: 'close', afterAudioMs: 400, code, reason });
    expect(error).toMatchObject({ category, retryable });
    expect(error.message).toContain(`code ${code}`);
  });

  it('because Deepgram says so reports why', async () => {
    const text = JSON.stringify({ type: 'Error', code: 'INTERNAL_SERVER_ERROR', description: 'ouch' });
    const error = await fail({ type: 'garbage', afterAudioMs: 400, text });
    expect(error).toMatchObject({ category: 'server', retryable: true });
    expect(error.message).toMatch(/INTERNAL_SERVER_ERROR.*ouch/);
  });

  it('quotes what Deepgram says, but not the key', async () => {
    const text = JSON.stringify({ type: 'Error', code: 'INVALID_AUTH', description: callKey });
    expect(await fail({ type: 'garbage', afterAudioMs: 400, text })).toMatchObject({ category: 'auth' });
    const reason = `no more of ${callKey}`;
    expect((await fail({ type: 'close', afterAudioMs: 400, reason })).message).toContain('[key]');
  });

  it('goes silent, and takes no more audio, flushes or time', async () => {
    const call = await place({ type: 'drop', afterAudioMs: 100 }, { stt: { model } });
    call.write(speech);
    await call.failure();
    const before = call.events.length;
    call.write(speech);
    call.stream.flush();
    call.clock.advance(60_000);
    await call.stream.close();
    expect(call.events).toHaveLength(before);
  });
});

describe('a Flux that was sent ForceEndTurn', () => {
  const said = (error: object): DeepgramFault => ({
    type: 'garbage',
    afterAudioMs: 2400,
    text: JSON.stringify({ type: 'Error', ...error }),
  });
  const afterFlush = async (fault: DeepgramFault): Promise<ProviderError> => {
    const call = await place(fault, { stt: { model: 'flux-general-en' } });
    await call.connected();
    await call.say(speech);
    call.stream.flush();
    await call.saySilence(2000);
    return call.failure();
  };

  it.each<[string, DeepgramFault]>([
    ['by code', said({ code: 'UNPARSABLE_CLIENT_MESSAGE' })],
    ['by variant', said({ variant: 'UNPARSEABLE_CLIENT_MESSAGE' })],
    [
      'in words',
      said({ code: 'INVALID', description: 'unknown variant `ForceEndTurn`, expected `CloseStream`' }),
    ],
    ['as it closes', { type: 'close', afterAudioMs: 2400, code: 1008, reason: 'UNPARSABLE_CLIENT_MESSAGE' }],
  ])('and does not know it is worth a new connection, told so %s', async (_how, fault) => {
    expect(await afterFlush(fault)).toMatchObject({
      category: 'server',
      retryable: true,
      message: expect.stringContaining('does not know ForceEndTurn'),
    });
  });

  it('and refuses something else is not', async () => {
    const error = await afterFlush(said({ code: 'INVALID_AUTH', description: 'No.' }));
    expect(error).toMatchObject({ category: 'auth', retryable: false });
  });
});

describe.each(models)('a stream to %s that limps', (model) => {
  it.each([
    ['{"type":"SomethingNew","of":["next","year"]}', { unknown: 1, malformed: 0 }],
    ['{"type":"Results","chan', { unknown: 0, malformed: 1 }],
    ['"text"', { unknown: 0, malformed: 1 }],
    ['[1]', { unknown: 0, malformed: 1 }],
    ['{"type":"Results"}', { unknown: 0, malformed: 0 }],
    [
      '{"type":"Results","start":null,"duration":"1","is_final":"yes","channel":[0]}',
      { unknown: 0, malformed: 0 },
    ],
    ['{"type":"TurnInfo","event":3}', { unknown: 0, malformed: 0 }],
    ['{"type":"Warning","code":"FORCE_END_TURN_NO_ACTIVE_TURN"}', { unknown: 0, malformed: 0 }],
  ])('goes on as if %s were not there, and counts what it does not understand', async (text, ignored) => {
    const call = await place({ type: 'garbage', afterAudioMs: 300, text }, { stt: { model } });
    await call.connected();
    await call.say(speech);
    await call.saySilence(400);
    expect(call.finals).toEqual(['book my appointment']);
    expect(call.errors).toEqual([]);
    expect(call.stt.ignored).toEqual(ignored);
  });

  it('answers its flushes though Deepgram says nothing any more', async () => {
    const call = await place({ type: 'hang', afterAudioMs: 1000 }, { stt: { model } });
    await call.connected();
    call.write(speech);
    call.stream.flush();
    call.stream.flush();
    await call.pass(1000);
    expect(call.finals).toHaveLength(2);
    expect(call.errors).toEqual([]);
    const closed = call.stream.close();
    // Such a Deepgram does not say goodbye either.
    call.clock.advance(500);
    await closed;
  });

  it('fails within a second of a flush that does not arrive anywhere', async () => {
    const call = await place({ type: 'stall', afterAudioMs: 1000 }, { stt: { model } });
    call.write(speech);
    call.stream.flush();
    await until(() => call.simulator.wire.received > 48);
    call.clock.advance(799);
    expect(call.stream.recover?.()).toBe(true);
    expect(call.errors).toEqual([]);
    call.clock.advance(1);
    expect(call.errors).toMatchObject([{ category: 'timeout', retryable: true }]);
  });

  it('is known to be alive where it answers the ping behind a flush, if nothing else', async () => {
    const call = await place({ type: 'hang', afterAudioMs: 20 }, { stt: { model } });
    await call.connected();
    call.write(speech);
    call.stream.flush();
    await call.pass(400);
    expect(call.stream.recover?.()).toBe(false);
    expect(call.errors).toEqual([]);
  });

  it('fails where it answers no pings, while the caller is silent too', async () => {
    const manners = { cadence: 'final_only' } as const;
    const call = await place({ type: 'no_pong' }, { stt: { model }, simulator: { manners } });
    await call.connected();
    await call.saySilence(9000);
    expect(call.errors).toEqual([]);
    await call.saySilence(1200);
    expect(call.errors).toMatchObject([{ category: 'timeout', message: expect.stringMatching('pings') }]);
  });

  it('fails when Deepgram takes no more audio and too much has piled up', async () => {
    const call = await place({ type: 'stall', afterAudioMs: 20 }, { stt: { model } });
    await call.connected();
    const frame = { samples: new Int16Array(1_000_000), sampleRateHz: 8000 };
    for (let written = 0; written < 50 && call.errors.length === 0; written++) {
      call.stream.write(frame);
      await nextTurn();
    }
    expect(call.errors).toMatchObject([{ category: 'connection', retryable: true }]);
  });

  it('has every word once though the messages drip in', async () => {
    const call = await place({ type: 'slow_drip', bytes: 30, everyMs: 1 }, { stt: { model } });
    await until(() => call.simulator.connections.length > 0);
    call.write(speech);
    call.stream.flush();
    while (call.finals.length === 0 && call.clock.nowMs() < 5000) {
      call.clock.advance(1);
      await nextTurn();
    }
    expect(call.finals).toEqual(['book my appointment']);
  });

  it('answers each flush once though messages overtake each other', async () => {
    const call = await place({ type: 'out_of_order' }, { stt: { model } });
    await until(() => call.simulator.connections.length > 0);
    for (let turn = 0; turn < 2; turn++) {
      await call.say(speech);
      call.stream.flush();
      await call.saySilence(1200);
    }
    expect(call.finals.length).toBeGreaterThanOrEqual(2);
    const words = call.finals
      .join(' ')
      .split(' ')
      .filter((word) => word !== '');
    expect(words.filter((word) => word === 'book').length).toBeLessThanOrEqual(2);
    expect(call.errors).toEqual([]);
  });
});
