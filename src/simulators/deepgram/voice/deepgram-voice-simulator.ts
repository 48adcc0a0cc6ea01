/**
 * Deepgram's simulated voices: a server on a loopback port that speaks the wire of `/v1/speak`, with its limits, and answers
 * `GET /v1/auth/token` and `GET /v1/models`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { systemClock, type Clock } from '../../../core/clock.js';
import { seededRandom } from '../../seeded-random.js';
import { toneVoice, type SimulatedVoice } from '../../simulated-voice.js';
import type { BilledOf, VendorSimulator } from '../../vendor-simulator.js';
import { answer, knowsKey, noSuchVoice, simulatedRequestId, wrongKey } from '../deepgram-answers.js';
import {
  isSpeakHandshakeFault,
  type DeepgramVoiceFault,
  type SpeakHandshakeFault,
} from './deepgram-voice-fault.js';
import {
  documentedVoiceManners,
  drawVoiceManners,
  type ChosenVoiceManners,
  type DeepgramVoiceManners,
} from './deepgram-voice-manners.js';
import { SimulatedSpeaker, type DeepgramVoicePace } from './simulated-speaker.js';
import { parseSpeakQuery, type SpeakQuery } from './speak-query.js';

export interface DeepgramVoiceSimulatorOptions {
  /** The voice. @default a tone for each character */
  readonly voice?: SimulatedVoice;
  /** @default 75 ms from a flush to its first audio, 5 ms between pieces */
  readonly pace?: Partial<DeepgramVoicePace>;
  /** Length of a piece of audio in milliseconds. @default 240 */
  readonly pieceLengthMs?: number;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** The names of its voices. @default some of Deepgram's */
  readonly voices?: readonly string[];
  /** The form of its messages; `random` draws new manners for each connection. @default as documented */
  readonly manners?: DeepgramVoiceManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** Some of https://developers.deepgram.com/docs/tts-models. */
const knownVoices: readonly string[] = [
  'aura-2-thalia-en',
  'aura-2-andromeda-en',
  'aura-2-helena-en',
  'aura-2-celeste-es',
  'aura-2-viktoria-de',
  'aura-asteria-en',
];

/** Started by {@link startDeepgramVoiceSimulator}; the caller closes it. */
export class DeepgramVoiceSimulator implements VendorSimulator<'tts'> {
  readonly openAnswers = null;
  /** Connection attempts, including refused ones. */
  attempts = 0;
  /** Requests that checked a key. */
  probes = 0;
  readonly problems: string[] = [];
  /** The texts to speak, in order of arrival. */
  readonly texts: string[] = [];
  /** The bytes of every piece of audio that was sent, in order. */
  readonly sentAudio: Buffer[] = [];
  /** The request of every accepted connection. */
  readonly queries: SpeakQuery[] = [];
  readonly #options: DeepgramVoiceSimulatorOptions;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true });
  readonly #streams = new Set<Duplex>();
  readonly #speakers: SimulatedSpeaker[] = [];
  readonly #refusals: SpeakHandshakeFault[] = [];
  readonly #faults: DeepgramVoiceFault[] = [];
  readonly #random: () => number;

  /** `server` is already listening. */
  constructor(server: Server, options: DeepgramVoiceSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = seededRandom(options.seed ?? 1);
    this.#webSockets.on('headers', (headers) => headers.push(`dg-request-id: ${simulatedRequestId}`));
    server.on('request', (request, response) => this.#serve(request, response));
    server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get billed(): readonly BilledOf['tts'][] {
    return this.#speakers.map(({ billed }) => billed);
  }

  /** Connections that are open now. */
  get openSockets(): number {
    return this.#webSockets.clients.size;
  }

  failNext(...faults: readonly DeepgramVoiceFault[]): void {
    for (const fault of faults) {
      if (isSpeakHandshakeFault(fault)) this.#refusals.push(fault);
      else this.#faults.push(fault);
    }
  }

  /** Cuts all connections, like a restarting server, and keeps listening. */
  dropSockets(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async close(): Promise<void> {
    for (const speaker of this.#speakers) speaker.dispose();
    for (const stream of this.#streams) stream.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  get #voices(): readonly string[] {
    return this.#options.voices ?? knownVoices;
  }

  #serve({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const say = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    switch (url) {
      case '/v1/auth/token':
        this.probes++;
        if (knowsKey(headers, this.#options.apiKey))
          return say(200, { api_key_id: 'simulated', scopes: ['usage:write'] });
        return say(401, wrongKey);
      case '/v1/models':
        return say(200, { stt: [], tts: this.#voices.map(listedVoice) });
      default:
        return say(404, { err_code: 'NOT_FOUND', err_msg: 'Simulated.' });
    }
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.attempts++;
    this.#streams.add(stream);
    stream.on('error', () => undefined);
    stream.on('close', () => this.#streams.delete(stream));
    const refusal = this.#refusals.shift();
    if (refusal) this.#options.onFault?.();
    if (refusal?.fault === 'no_handshake') return;
    if (refusal)
      return answer(
        stream,
        refusal.status,
        { err_code: 'SIMULATED', err_msg: refusal.message ?? 'Simulated.' },
        refusal.retryAfter,
      );
    if (!knowsKey(request.headers, this.#options.apiKey)) return answer(stream, 401, wrongKey);
    const query = parseSpeakQuery(request.url ?? '');
    if ('problem' in query) {
      this.problems.push(query.problem);
      const err_msg = `Failed to deserialize query parameters: ${query.problem}`;
      return answer(stream, 400, { err_code: 'INVALID_QUERY_PARAMETER', err_msg });
    }
    if (!this.#voices.includes(query.model)) return answer(stream, 400, noSuchVoice);
    this.#connect(request, stream, head, query);
  }

  #connect(request: IncomingMessage, stream: Duplex, head: Buffer, query: SpeakQuery): void {
    const { voice = toneVoice, pace, pieceLengthMs = 240, onFault } = this.#options;
    this.#webSockets.handleUpgrade(request, stream, head, (socket) => {
      this.queries.push(query);
      this.#speakers.push(
        new SimulatedSpeaker({
          socket,
          stream,
          query,
          voice,
          pace: { firstAudioMs: 75, pieceMs: 5, ...pace },
          pieceLengthMs,
          manners: this.#nextManners(),
          clock: this.#clock,
          nextFault: () => this.#faults.shift() ?? null,
          onText: (text) => this.texts.push(text),
          onAudio: (audio) => this.sentAudio.push(audio),
          onProblem: (problem) => this.problems.push(problem),
          onFault: () => onFault?.(),
        }),
      );
    });
  }

  #nextManners(): ChosenVoiceManners {
    const { manners } = this.#options;
    return manners === 'random' ? drawVoiceManners(this.#random) : { ...documentedVoiceManners, ...manners };
  }
}

/**
 * Starts Deepgram's simulated voices on a free loopback port; they listen when the promise resolves. The caller closes them.
 *
 * @example
 * const voices = await startDeepgramVoiceSimulator({ pace: { firstAudioMs: 200 } });
 * voices.failNext({ fault: 'drop', afterPieces: 2 });
 * const tts = { provider: 'deepgram', apiKey: 'any', baseUrl: voices.baseUrl };
 */
export async function startDeepgramVoiceSimulator(
  options: DeepgramVoiceSimulatorOptions = {},
): Promise<DeepgramVoiceSimulator> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new DeepgramVoiceSimulator(server, options);
}

/** https://developers.deepgram.com/docs/model-metadata */
function listedVoice(voice: string): object {
  const [language = 'en', name = voice] = voice.split('-').reverse();
  return {
    name,
    canonical_name: voice,
    architecture: voice.startsWith('aura-2-') ? 'aura-2' : 'aura',
    languages: [language],
    version: 'simulated',
    uuid: '00000000-0000-4000-8000-000000000000',
    metadata: {},
  };
}
