import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { isAudible } from '../../audio/level.js';
import { ConfigError } from '../../core/errors.js';
import { callerSpeech, framesOf } from '../../simulators/caller-speech.js';
import { callKey, DeepgramCall, type DeepgramCallOptions } from '../../../test/harness/deepgram-call.js';
import { hearingInTurn, scriptedHearing } from '../../simulators/simulated-hearing.js';
import { until } from '../../../test/harness/light-relay.js';
import { deepgramSpeechToText, type DeepgramSpeechToTextOptions } from './deepgram-speech-to-text.js';

const hearing = hearingInTurn(() => 'book my appointment');
let speech: Int16Array;
beforeAll(async () => {
  // It ends with the last frame that is loud enough to be a voice.
  const said = await callerSpeech('book my appointment');
  const frames = [...framesOf(said, 8000)];
  speech = said.subarray(0, 160 * (frames.findLastIndex(({ samples }) => isAudible(samples, -45)) + 1));
});

const calls: DeepgramCall[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) {
    await call.end();
    expect(call.clock.pendingTimers).toBe(0);
  }
});
const connect = async (options: DeepgramCallOptions = {}): Promise<DeepgramCall> => {
  const call = await DeepgramCall.connect(options);
  calls.push(call);
  return call;
};

describe('a Deepgram stream', () => {
  it('tells once what Deepgram calls the connection', async () => {
    for (const model of ['nova-3', 'flux-general-en']) {
      const call = await connect({ stt: { model }, simulator: { hearing } });
      await call.say(speech);
      expect(call.incidents).toEqual([
        { type: 'request', kind: 'stt', provider: 'deepgram', requestId: 'simulated' },
      ]);
    }
  });

  it('gives Deepgram the bytes that came over the phone line, each once and in order', async () => {
    const call = await connect();
    await call.say(speech);
    expect(call.simulator.connections[0]!.audio.equals(Buffer.concat(call.written))).toBe(true);
    expect(call.simulator.problems).toEqual([]);
  });

  it('holds back a little audio in silence, but none while a flush is unanswered, and none of speech', async () => {
    const call = await connect();
    const frame = new Int16Array(160);
    const heldBytes = async (): Promise<number> => {
      await call.pass(0);
      return Buffer.concat(call.written).length - call.simulator.connections[0]!.audio.length;
    };
    call.stream.speechStarted?.();
    await call.say(speech);
    call.stream.flush();
    for (let sent = 0; sent < 4; sent++) call.write(frame);
    expect(await heldBytes()).toBe(0);
    await call.pass(150);
    expect(call.finals).toHaveLength(1);
    for (let sent = 0; sent < 4; sent++) call.write(frame);
    expect(await heldBytes()).toBeGreaterThan(0);
    call.stream.speechStarted?.();
    call.write(frame);
    expect(await heldBytes()).toBe(0);
    expect(call.simulator.connections[0]!.audio.equals(Buffer.concat(call.written))).toBe(true);
  });

  it('sends what was said before the connection was there, in order, flushes included', async () => {
    const call = await DeepgramCall.place({ simulator: { hearing } });
    calls.push(call);
    call.write(speech);
    call.stream.flush();
    call.write(new Int16Array(1600));
    await call.connected();
    expect(call.simulator.connections[0]!.audio.equals(Buffer.concat(call.written))).toBe(true);
    await call.pass(100);
    expect(call.finals).toEqual(['book my appointment']);
  });

  it('codes samples as mu-law where the line has not done so, and sends PCM as it is', async () => {
    const mulaw = await connect();
    mulaw.stream.write({ samples: Int16Array.of(0, -1, 32124), sampleRateHz: 8000 });
    await mulaw.pass(0);
    expect([...mulaw.simulator.connections[0]!.audio.subarray(-3)]).toEqual([0xff, 0x7f, 0x80]);

    const pcm = await connect({ format: { encoding: 'linear16', sampleRateHz: 24000 } });
    pcm.stream.write({ samples: Int16Array.of(1, -2), sampleRateHz: 24000 });
    await pcm.pass(0);
    expect([...pcm.simulator.connections[0]!.audio.subarray(-4)]).toEqual([1, 0, 0xfe, 0xff]);
    expect(pcm.simulator.connections[0]!.query.parameters.sample_rate).toBe('24000');
  });

  it('asks for what it was told to ask for', async () => {
    const nova = await connect({ stt: { language: 'en-GB', keyterms: ['Acme', 'Zoë Ltd'] } });
    expect(nova.simulator.connections[0]!.query.parameters).toEqual({
      model: 'nova-3',
      encoding: 'mulaw',
      sample_rate: '8000',
      channels: '1',
      language: 'en-GB',
      keyterm: ['Acme', 'Zoë Ltd'],
      punctuate: 'true',
      smart_format: 'false',
      interim_results: 'true',
      endpointing: '300',
      utterance_end_ms: '1000',
    });
    const flux = await connect({ stt: { model: 'flux-general-en', endOfTurnThreshold: 0.8 } });
    expect(flux.simulator.connections[0]!.query).toMatchObject({
      wire: 'v2',
      parameters: { model: 'flux-general-en', eot_threshold: '0.8' },
    });
  });

  it.each(['nova-3', 'flux-general-en'])(
    'gives growing partials while the caller speaks, with %s',
    async (model) => {
      const call = await connect({ simulator: { hearing }, stt: { model } });
      await call.say(speech);
      await call.saySilence(500);
      expect(call.partials.slice(0, 2)).toEqual(['book', 'book my']);
      expect(call.finals).toEqual(['book my appointment']);
    },
  );

  it.each(['nova-3', 'flux-general-en'])(
    'has the final of %s by itself, with the first audio that makes 298 ms of silence',
    async (model) => {
      const call = await connect({ simulator: { hearing }, stt: { model } });
      await call.say(speech);
      const lastSpeechMs = call.clock.nowMs() - 20;
      await call.pass(400, 1);
      expect(call.finals).toEqual([]);
      const waitedMs = call.clock.nowMs() - 20 - lastSpeechMs;
      await call.saySilence(400);
      expect(call.events.findLast(({ type }) => type === 'final')).toMatchObject({
        endOfUtterance: true,
        atMs: lastSpeechMs + waitedMs + 300,
      });
    },
  );

  it.each(['nova-3', 'flux-general-en'])('has it from %s 100 ms after a flush, once', async (model) => {
    const call = await connect({ simulator: { hearing }, stt: { model } });
    await call.say(speech);
    const flushedMs = call.clock.nowMs();
    call.stream.flush();
    await call.pass(100, 1);
    expect(call.events.at(-1)).toMatchObject({
      type: 'final',
      text: 'book my appointment',
      atMs: flushedMs + 100,
    });
    await call.saySilence(2000);
    expect(call.finals).toEqual(['book my appointment']);
    expect(call.simulator.problems).toEqual([]);
  });

  it.each(['nova-3', 'flux-general-en'])(
    'tells that %s is there and how far it has listened, words or not',
    async (model) => {
      const call = await connect({ simulator: { hearing }, stt: { model } });
      await call.saySilence(1000);
      const heard = call.events.flatMap((event) => (event.type === 'heard' ? [event.untilMs] : []));
      expect(heard).toEqual([0, 260, 520, 780]);
      await call.say(speech);
      call.stream.flush();
      await call.pass(100);
      const writtenMs = call.written.reduce((ms, bytes) => ms + bytes.length / 8, 0);
      const final = call.events.find(({ type }) => type === 'final');
      expect(final).toMatchObject({ untilMs: writtenMs, answersFlush: true });
    },
  );

  it('takes the end that Deepgram noticed for the answer to a flush that is under way', async () => {
    const call = await connect({ simulator: { hearing, latencies: { finalizeMs: 500 } } });
    await call.say(speech);
    await call.saySilence(180);
    call.stream.flush();
    await call.saySilence(200);
    expect(call.finals).toEqual(['book my appointment']);
    await call.saySilence(2000);
    expect(call.finals).toEqual(['book my appointment']);
  });

  it('joins the segments of a long utterance', async () => {
    const text = 'one two three four five six seven eight nine ten eleven twelve';
    const script = scriptedHearing([{ text, atMs: 0, durationMs: 9000 }]);
    const call = await connect({ simulator: { hearing: script } });
    await call.saySilence(9200);
    call.stream.flush();
    await call.pass(100);
    expect(call.finals).toEqual([text]);
    expect(call.partials.at(-1)).toBe(text);
  });

  it('answers a flush itself where Deepgram does not, with the words known so far', async () => {
    const call = await connect({ simulator: { hearing, latencies: { finalizeMs: 1500, finalMs: 5000 } } });
    await call.say(speech);
    await call.pass(200);
    call.stream.flush();
    await call.pass(1000);
    expect(call.finals).toEqual(['book my']);
    // Deepgram's own answer repeats those words and has the one that was missing.
    await call.pass(600);
    expect(call.finals).toEqual(['book my', 'appointment']);
  });

  it('keeps a silent connection alive, and only that', async () => {
    const call = await connect();
    await call.pass(25_000, 100);
    expect(call.errors).toEqual([]);
    const { controls } = call.simulator.connections[0]!;
    expect(controls.length).toBeGreaterThanOrEqual(8);
    expect(new Set(controls)).toEqual(new Set(['KeepAlive']));
    await call.saySilence(10_000);
    expect(call.simulator.connections[0]!.controls.length).toBeLessThanOrEqual(controls.length + 1);
    expect(call.simulator.problems).toEqual([]);
  });

  it('says goodbye with CloseStream when it is closed or aborted', async () => {
    const [closed, aborted] = [await connect(), await connect()];
    await closed.stream.close();
    aborted.abort.abort();
    await aborted.stream.close();
    for (const { simulator, events } of [closed, aborted]) {
      await until(() => !simulator.connections[0]!.isOpen);
      expect(simulator.connections[0]).toMatchObject({ controls: ['CloseStream'], closeCode: 1000 });
      expect(events).toMatchObject([{ type: 'heard', untilMs: 0 }]);
    }
  });

  it('closes while it connects, and before it has begun to', async () => {
    const connecting = await DeepgramCall.place();
    calls.push(connecting);
    await until(() => connecting.simulator.attempts > 0);
    await connecting.stream.close();
    const fresh = await DeepgramCall.place();
    calls.push(fresh);
    await fresh.stream.close();
    expect([...connecting.events, ...fresh.events]).toEqual([]);
    expect(fresh.simulator.attempts).toBe(0);
  });

  it('reports a frame of another rate than was agreed, and a rate that it does not know', async () => {
    const call = await connect();
    call.stream.write({ samples: new Int16Array(320), sampleRateHz: 16000 });
    expect(call.errors).toMatchObject([{ category: 'bad_request', retryable: false }]);

    const unknown = await DeepgramCall.place({ format: { encoding: 'linear16', sampleRateHz: 44100 } });
    calls.push(unknown);
    expect(await unknown.failure()).toMatchObject({ category: 'bad_request' });
    expect(unknown.simulator.attempts).toBe(0);
  });
});

describe('a Deepgram stream that is given no audio', () => {
  it.each(['nova-3', 'flux-general-en'])('stays open for minutes with %s', async (model) => {
    const call = await connect({ stt: { model } });
    await call.pass(180_000, 200);
    expect(call.errors).toEqual([]);
    expect(call.simulator.connections[0]!.isOpen).toBe(true);
    expect(call.simulator.connections[0]!.pings).toBeGreaterThanOrEqual(18);
    expect(call.simulator.problems).toEqual([]);
  });
});

describe('the Deepgram options', () => {
  it.each([
    [{ endpointingMs: 300.5 }, 'endpointingMs', '300.5', /whole number.*301/],
    [{ utteranceEndMs: 500 }, 'utteranceEndMs', '500', /from 1000.*1000/],
    [{ utteranceEndMs: 1000.2 }, 'utteranceEndMs', '1000.2', /whole number/],
    [{ endOfTurnTimeoutMs: 499 }, 'endOfTurnTimeoutMs', '499', /from 500 to 60000/],
    [{ endOfTurnTimeoutMs: 60_001 }, 'endOfTurnTimeoutMs', '60001', /60000/],
    [{ endOfTurnThreshold: 0.4 }, 'endOfTurnThreshold', '0.4', /from 0.5 to 1/],
    [{ endOfTurnThreshold: NaN }, 'endOfTurnThreshold', 'NaN', /from 0.5 to 1/],
    [{ model: 'nova-2', keyterms: ['Acme'] }, 'keyterms', 'nova-2', /nova-3/],
    [{ model: 'nova-2-phonecall', keyterms: ['Acme'] }, 'keyterms', 'nova-2-phonecall', /nova-3/],
    [{ model: 'enhanced', keyterms: ['Acme'] }, 'keyterms', 'enhanced', /nova-3/],
    [{ model: 'flux-general-en', language: 'de' }, 'language', "'de'", /flux-general-multi/],
    [{ model: 'flux-general-en', languages: ['de'] }, 'languages', 'flux-general-en', /flux-general-multi/],
    [{ languages: ['de', 'en'] }, 'languages', 'nova-3', /language: 'multi'/],
    [
      { model: 'flux-general-multi', language: 'de', languages: ['en'] },
      'languages',
      'besides language',
      /Leave language out/,
    ],
    [{ model: 'flux-general-en', smartFormat: true }, 'smartFormat', 'flux-general-en', /nova-3/],
    [{ model: 'flux-general-en', punctuate: false }, 'punctuate', 'flux-general-en', /nova-3/],
    [{ model: 'flux-general-en', redact: ['numbers', 'pci'] }, 'redact', "'pci'", /'numbers' or/],
    [{ extra: { smart_format: true } }, 'extra.smart_format', 'cannot', /smartFormat/],
    [{ extra: { encoding: 'opus' } }, 'extra.encoding', 'cannot', /transport/],
  ])('are refused where Deepgram would refuse them: %j', (options, field, value, remedy) => {
    const problems = (() => {
      try {
        deepgramSpeechToText({ apiKey: 'k', ...options });
        return [];
      } catch (thrown) {
        return (thrown as ConfigError).problems;
      }
    })();
    expect(problems).toMatchObject([
      { field, problem: expect.stringContaining(value), remedy: expect.stringMatching(remedy) },
    ]);
  });

  it('are taken where Deepgram takes them', () => {
    for (const options of [
      { endpointingMs: 10, utteranceEndMs: 1000 },
      { model: 'nova-3-medical', keyterms: ['Acme'] },
      { model: 'flux-general-en', keyterms: ['Acme'], endOfTurnThreshold: 1, endOfTurnTimeoutMs: 60_000 },
      { model: 'flux-general-multi', language: 'de' },
      { model: 'nova-2', keyterms: [] },
    ])
      expect(() => deepgramSpeechToText({ apiKey: 'k', ...options })).not.toThrow();
  });

  it.each<[Partial<DeepgramSpeechToTextOptions>, object]>([
    [
      {
        language: 'multi',
        redact: ['pci', 'ssn'],
        replace: { 'deep gram': 'Deepgram' },
        numerals: true,
        profanityFilter: true,
        mipOptOut: true,
        tags: ['one', 'two'],
        extra: { dictation: true, search: ['a', 'b'] },
      },
      {
        language: 'multi',
        redact: ['pci', 'ssn'],
        replace: 'deep gram:Deepgram',
        numerals: 'true',
        profanity_filter: 'true',
        mip_opt_out: 'true',
        tag: ['one', 'two'],
        dictation: 'true',
        search: ['a', 'b'],
      },
    ],
    [
      {
        model: 'flux-general-multi',
        languages: ['de', 'en'],
        redact: ['numbers'],
        numerals: false,
        tags: ['one'],
      },
      { language_hint: ['de', 'en'], redact: 'numbers', numerals: 'false', tag: 'one' },
    ],
    [{ model: 'flux-general-multi', language: 'de' }, { language_hint: 'de' }],
  ])('become parameters of the request: %j', async (stt, parameters) => {
    const call = await connect({ stt });
    expect(call.simulator.connections[0]!.query.parameters).toMatchObject(parameters);
    expect(call.simulator.problems).toEqual([]);
  });

  it('may give the base URL in any form', () => {
    for (const scheme of ['http', 'https', 'ws', 'wss'])
      expect(() => deepgramSpeechToText({ apiKey: 'k', baseUrl: `${scheme}://localhost:1` })).not.toThrow();
    for (const baseUrl of ['localhost', 'ftp://localhost'])
      expect(() => deepgramSpeechToText({ apiKey: 'k', baseUrl })).toThrow(ConfigError);
  });

  it('are refused with a key that cannot be one, without repeating it', () => {
    for (const apiKey of ['', 'two words', `${callKey}\n`]) {
      const open = (): unknown => deepgramSpeechToText({ apiKey });
      expect(open).toThrow(ConfigError);
      expect(open).toThrow(/DEEPGRAM_API_KEY/);
      expect(open).not.toThrow(new RegExp(callKey));
    }
  });
});
