import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { encodeMulaw } from '../../audio/g711.js';
import { localSpeechToText, type LocalSpeechToText } from '../../providers/local/stt/local-speech-to-text.js';
import { callerSpeech, framesOf } from '../caller-speech.js';
import type { DeepgramManners } from './deepgram-manners.js';
import { hearingOf } from '../recognised-hearing.js';
import { hearingInTurn, scriptedHearing } from '../simulated-hearing.js';
import { DeepgramSimulator, type DeepgramSimulatorOptions } from './deepgram-simulator.js';
import { until } from '../../../test/harness/light-relay.js';
import { VirtualClock } from '../virtual-clock.js';

const finalSchema = z.object({
  channel: z.object({ alternatives: z.tuple([z.object({ transcript: z.string() })]) }),
});

interface Said {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A client without an SDK. */
class BareClient {
  readonly clock: VirtualClock;
  readonly simulator: DeepgramSimulator;
  readonly socket: WebSocket;
  readonly said: Said[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  #sent = 0;

  private constructor(clock: VirtualClock, simulator: DeepgramSimulator, socket: WebSocket) {
    this.clock = clock;
    this.simulator = simulator;
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.said.push(JSON.parse(data.toString()) as Said));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  static async connect(path: string, options: DeepgramSimulatorOptions = {}): Promise<BareClient> {
    const clock = new VirtualClock();
    const simulator = await DeepgramSimulator.start({ clock, ...options });
    const socket = new WebSocket(simulator.baseUrl.replace('http', 'ws') + path, {
      headers: { Authorization: 'Token key' },
    });
    const client = new BareClient(clock, simulator, socket);
    clients.push(client);
    await once(socket, 'open');
    return client;
  }

  async send(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    for (const message of messages) this.socket.send(message);
    this.#sent += messages.length;
    await until(() => this.simulator.wire.received === this.#sent);
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await until(() => this.said.length === this.simulator.wire.sent);
  }

  async end(): Promise<void> {
    this.socket.terminate();
    await this.simulator.close();
  }
}

const clients: BareClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});

const nova = '/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&interim_results=true';
const flux = '/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000';
const finalize = '{"type":"Finalize"}';
const silence = (ms: number): Uint8Array[] =>
  Array.from({ length: ms / 20 }, () => new Uint8Array(160).fill(0xff));

describe('the simulated Deepgram', () => {
  it('answers Finalize after 100 ms with the words before it, and repeats nothing', async () => {
    const hearing = scriptedHearing([
      { text: 'hello there', atMs: 0 },
      { text: 'goodbye', atMs: 1000 },
    ]);
    const client = await BareClient.connect(nova, { hearing });
    await client.send(...silence(800), finalize, ...silence(800));
    await client.pass(99);
    expect(client.said).toEqual([]);
    await client.pass(1);
    expect(client.said.find(({ is_final }) => is_final)).toMatchObject({
      type: 'Results',
      start: 0,
      from_finalize: true,
      channel: { alternatives: [{ transcript: 'hello there' }] },
    });
    await client.send(finalize);
    await client.pass(100);
    expect(client.said.at(-1)).toMatchObject({
      from_finalize: true,
      channel: { alternatives: [{ transcript: 'goodbye' }] },
    });
  });

  it('ends a stream with its last words, Metadata and a close', async () => {
    const client = await BareClient.connect(nova, { hearing: scriptedHearing([{ text: 'hello', atMs: 0 }]) });
    await client.send(...silence(500), '{"type":"CloseStream"}');
    await until(() => client.closed !== null);
    expect(client.said).toMatchObject([
      { is_final: true, channel: { alternatives: [{ transcript: 'hello' }] } },
      { type: 'Metadata', duration: 0.5 },
    ]);
    expect(client.closed?.code).toBe(1000);
    expect(client.simulator.problems).toEqual([]);
  });

  it('sends UtteranceEnd once if requested', async () => {
    const client = await BareClient.connect(`${nova}&utterance_end_ms=1000`, {
      hearing: hearingInTurn(['hello']),
    });
    const speech = [...framesOf(await callerSpeech('hello'), 8000)].map(({ samples }) =>
      encodeMulaw(samples),
    );
    await client.send(...speech, ...silence(500));
    await client.pass(2000);
    expect(client.said.filter(({ type }) => type === 'UtteranceEnd')).toHaveLength(1);
    expect(client.said.findIndex(({ speech_final }) => speech_final === true)).toBeGreaterThanOrEqual(0);
  });

  it('closes with NET-0001 after ten seconds without messages, which KeepAlive prevents', async () => {
    const client = await BareClient.connect(nova);
    await client.pass(9000);
    await client.send('{"type":"KeepAlive"}');
    await client.pass(9999);
    expect(client.closed).toBeNull();
    await client.pass(1);
    await until(() => client.closed !== null);
    expect(client.closed?.code).toBe(1011);
    expect(client.closed?.reason).toContain('NET-0001');
  });

  it('records what Deepgram would have refused', async () => {
    const client = await BareClient.connect(nova);
    await client.send('{"type":"Stop"}', 'hello', new Uint8Array(0), '{"type":"CloseStream"}', finalize);
    expect(client.simulator.problems).toEqual([
      'There is no message Stop on this wire.',
      'A text message is not one of the API.',
      'An empty audio message ends the stream.',
      'Finalize came after CloseStream.',
    ]);
  });

  it('recognises no words in audio of another encoding than declared, and records it', async () => {
    const speech = await callerSpeech('book my appointment', { sampleRateHz: 16000 });
    const client = await BareClient.connect(nova, { hearing: hearingInTurn(['book my appointment']) });
    await client.send(
      ...[...framesOf(speech, 16000)].map(({ samples }) => Buffer.from(new Int16Array(samples).buffer)),
    );
    expect(client.simulator.problems).toContain('The audio is not speech in mulaw.');
  });

  it('closes a Flux connection that sends messages of Nova', async () => {
    const client = await BareClient.connect(flux);
    await client.send(finalize);
    await until(() => client.closed !== null);
    expect(client.said.at(-1)).toMatchObject({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE' });
  });

  it('warns of ForceEndTurn outside a turn, and continues', async () => {
    const client = await BareClient.connect(flux);
    await client.send(...silence(240), '{"type":"ForceEndTurn"}');
    await client.pass(1000);
    expect(client.said).toMatchObject([
      { type: 'Connected' },
      { type: 'Warning', code: 'FORCE_END_TURN_NO_ACTIVE_TURN' },
    ]);
    expect(client.closed).toBeNull();
  });

  it.each([
    ['/v3/listen', 'nothing at /v3/listen'],
    [`${nova}&interim_result=true`, 'interim_result'],
    ['/v1/listen?model=nova-3&encoding=mulaw', 'sample_rate'],
    ['/v1/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000', 'not served'],
    [`${nova}&endpointing=300.5`, 'endpointing'],
    [`${nova}&utterance_end_ms=999`, 'utterance_end_ms'],
    [`${nova.replace('nova-3', 'nova-2')}&keyterm=Acme`, 'keyterm'],
    [`${flux}&eot_threshold=0.4`, 'eot_threshold'],
    [`${flux}&eot_timeout_ms=100`, 'eot_timeout_ms'],
    [`${flux}&language_hint=de`, 'language_hint'],
  ])('refuses %s with 400', async (path, problem) => {
    const simulator = await DeepgramSimulator.start();
    const socket = new WebSocket(simulator.baseUrl + path, { headers: { Authorization: 'Token key' } });
    const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [Error];
    expect(error.message).toContain('400');
    expect(simulator.problems).toEqual([expect.stringContaining(problem)]);
    await simulator.close();
  });
});

describe('the manners of the simulated Deepgram', () => {
  const hearing = scriptedHearing([{ text: 'hello there', atMs: 200 }]);
  /** Its messages about three seconds of audio, and the time of the request for a final. */
  const said = async (path: string, manners: DeepgramManners, ask: string): Promise<readonly Said[]> => {
    const client = await BareClient.connect(path, { hearing, manners });
    for (const frame of silence(3000)) {
      await client.send(frame);
      await client.pass(20);
    }
    await client.send(ask);
    await client.pass(400);
    return client.said;
  };
  const textOf = (message: Said): string =>
    JSON.stringify(message).match(/"transcript":"([^"]*)"/)?.[1] ?? '';

  it.each([
    ['steady', 11],
    ['chatty', 3],
    ['quiet', 2],
    ['final_only', 0],
  ] as const)('make Nova send results in a %s way', async (cadence, interims) => {
    const messages = await said(nova, { cadence }, finalize);
    expect(messages.filter(({ is_final }) => is_final === false)).toHaveLength(interims);
    expect(messages.filter(({ is_final }) => is_final).map(textOf)).toEqual(['hello there']);
  });

  it('make Nova silent in silence', async () => {
    const client = await BareClient.connect(nova, { manners: { cadence: 'quiet' } });
    for (const frame of silence(3000)) {
      await client.send(frame);
      await client.pass(20);
    }
    expect(client.said).toEqual([]);
  });

  it('make Nova answer Finalize in other forms', async () => {
    const finals = async (manners: DeepgramManners) =>
      (await said(nova, { cadence: 'final_only', ...manners }, finalize)).map((message) => ({
        text: textOf(message),
        from_finalize: message.from_finalize,
      }));
    expect(await finals({ finalize: 'unflagged' })).toEqual([{ text: 'hello there', from_finalize: false }]);
    expect(await finals({ finalize: 'words_follow' })).toEqual([
      { text: '', from_finalize: true },
      { text: 'hello there', from_finalize: false },
    ]);
    const nothing = await BareClient.connect(nova, { manners: { finalize: 'none_without_words' } });
    await nothing.send(...silence(200), finalize);
    await nothing.pass(1000);
    expect(nothing.said).toEqual([]);
  });

  it('make Flux refuse ForceEndTurn', async () => {
    const client = await BareClient.connect(flux, { manners: { forceEndTurn: 'disabled' } });
    await client.send('{"type":"ForceEndTurn"}');
    await until(() => client.closed !== null);
    expect(client.said.at(-1)).toMatchObject({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE' });
    expect(client.simulator.problems).toEqual([]);
  });

  it('make Flux close after a minute without audio and pings', async () => {
    const client = await BareClient.connect(flux);
    await client.pass(59_000);
    client.socket.ping();
    await once(client.socket, 'pong');
    client.clock.advance(59_999);
    expect(client.closed).toBeNull();
    client.clock.advance(1);
    await until(() => client.closed !== null);
    expect(client.simulator.problems).toEqual([expect.stringContaining('sixty seconds')]);
  });

  it('are the same for the same seed, and differ between connections', async () => {
    const drawn = async (seed: number): Promise<readonly unknown[]> => {
      const simulator = await DeepgramSimulator.start({ manners: 'random', seed });
      const url = simulator.baseUrl.replace('http', 'ws') + nova;
      for (let count = 0; count < 4; count++) {
        const socket = new WebSocket(url, { headers: { Authorization: 'Token key' } });
        await once(socket, 'open');
        socket.terminate();
      }
      await simulator.close();
      return simulator.connections.map(({ manners }) => manners);
    };
    const [one, again, other] = [await drawn(5), await drawn(5), await drawn(6)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one.map((manners) => JSON.stringify(manners))).size).toBeGreaterThan(1);
  });
});

describe('a fault of the simulated Deepgram', () => {
  it('in the middle of a final cuts the connection before any of it can be read', async () => {
    let faults = 0;
    const hearing = scriptedHearing([{ text: 'hello there', atMs: 0 }]);
    const options = { hearing, faults: [{ type: 'cut_final' }], onFault: () => faults++ } as const;
    const client = await BareClient.connect(nova, options);
    await client.send(...silence(800));
    await client.pass(200);
    expect(client.said.map(({ is_final }) => is_final)).toContain(false);
    expect(faults).toBe(0);
    await client.send(finalize);
    await client.pass(100);
    await until(() => client.closed !== null);
    expect(client.closed?.code).toBe(1006);
    expect(client.said.filter(({ is_final }) => is_final)).toEqual([]);
    expect(faults).toBe(1);
    expect(client.simulator.problems).toEqual([]);
  });

  it('in the encoding gives normal answers without words, and records no violation', async () => {
    let faults = 0;
    const hearing = hearingInTurn(['book my appointment']);
    const options = { hearing, faults: [{ type: 'wrong_encoding' }], onFault: () => faults++ } as const;
    const client = await BareClient.connect(nova, options);
    expect(faults).toBe(1);
    const speech = await callerSpeech('book my appointment');
    await client.send(...[...framesOf(speech, 8000)].map(({ samples }) => encodeMulaw(samples)), finalize);
    await client.pass(100);
    const finals = client.said.filter(({ is_final }) => is_final);
    expect(finals).toMatchObject([{ from_finalize: true, channel: { alternatives: [{ transcript: '' }] } }]);
    expect(client.simulator.problems).toEqual([]);
  });

  it('does not affect the next connection', async () => {
    const hearing = scriptedHearing([{ text: 'hello there', atMs: 0 }]);
    const client = await BareClient.connect(nova, { hearing, faults: [null, { type: 'cut_final' }] });
    await client.send(...silence(800), finalize);
    await client.pass(100);
    expect(client.said.some(({ from_finalize }) => from_finalize)).toBe(true);
  });
});

describe('a final during speech', () => {
  it('ends at the last known word, so that the next word is not lost', async () => {
    const text = 'please stop that now';
    const client = await BareClient.connect(nova, { hearing: hearingInTurn([text]) });
    const speech = [...framesOf(await callerSpeech(text), 8000)].map(({ samples }) => encodeMulaw(samples));
    // The speech ends between the deadlines of a final and of the end of the utterance.
    for (const frame of [...silence(2460), ...speech, ...silence(200)]) {
      await client.send(frame);
      await client.pass(20);
    }
    await client.send(finalize);
    await client.pass(100);
    const finals = client.said.filter(({ is_final }) => is_final).map((said) => finalSchema.parse(said));
    const texts = finals.map(({ channel: { alternatives } }) => alternatives[0].transcript);
    expect(texts.filter((words) => words !== '').length).toBeGreaterThan(1);
    expect(texts.join(' ').trim()).toBe(text);
  });
});

describe('the simulated Deepgram with a real recogniser', () => {
  let local: LocalSpeechToText;
  const abort = new AbortController();
  beforeAll(async () => {
    local = localSpeechToText({ workers: 1 });
    await local.warmUp();
  });
  afterAll(async () => {
    abort.abort();
    await local.close();
  });

  it('answers with the words that were said', async () => {
    const client = await BareClient.connect(nova, { hearing: hearingOf(local, abort.signal) });
    const speech = await callerSpeech('reschedule for friday');
    await client.send(...[...framesOf(speech, 8000)].map(({ samples }) => encodeMulaw(samples)), finalize);
    await local.idle();
    await client.pass(100);
    const final = client.said.find(({ from_finalize }) => from_finalize === true);
    expect(final).toMatchObject({ channel: { alternatives: [{ transcript: 'reschedule for friday' }] } });
  });

  it('keeps the words of audio that comes in one burst, ended by a pause or by Finalize first', async () => {
    const speech = await callerSpeech('reschedule for friday');
    const spoken = [...framesOf(speech, 8000)].map(({ samples }) => encodeMulaw(samples));
    for (const pauseMs of [20, 400]) {
      const client = await BareClient.connect(nova, { hearing: hearingOf(local, abort.signal) });
      await client.send(...spoken, ...silence(pauseMs), finalize, ...silence(400));
      await local.idle();
      await client.pass(500);
      const finals = client.said.filter(({ is_final }) => is_final === true);
      const words = finals.map((final) => finalSchema.parse(final).channel.alternatives[0].transcript);
      expect(words.filter((text) => text !== '')).toEqual(['reschedule for friday']);
    }
  });
});
