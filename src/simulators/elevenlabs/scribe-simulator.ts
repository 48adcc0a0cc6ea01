/**
 * A simulated Scribe of ElevenLabs: a server on a loopback port that speaks `/v1/speech-to-text/realtime` and answers `GET
 * /v1/models`. The test chooses what it hears, its latencies and its faults; it records the client's mistakes.
 *
 * Sources: https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime and the vendor's SDK 2.73.0.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';
import type { AudioFormat } from '../../audio/audio-frame.js';
import {
  SimulatedRecogniser,
  type SimulatedRecogniserOptions,
  type SimulatedRequest,
} from '../simulated-recogniser.js';
import type { RecogniserSessionOptions } from '../simulated-recogniser-session.js';
import {
  chosenScribeManners,
  randomScribeManners,
  type ChosenScribeManners,
  type ScribeManners,
} from './scribe-manners.js';
import { parseScribeQuery, type ScribeQuery } from './scribe-query.js';
import { ScribeSession } from './scribe-session.js';
import { SimulatedAccount, type SimulatedAccountOptions } from './simulated-account.js';

export interface ScribeSimulatorOptions
  extends SimulatedRecogniserOptions, Pick<SimulatedAccountOptions, 'permissions'> {
  /** Its behaviour; `random` draws new manners for each session. @default the usual manners */
  readonly manners?: ScribeManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
}

export class ScribeSimulator extends SimulatedRecogniser<ScribeSession> {
  readonly #nextManners: () => ChosenScribeManners;
  readonly #account: SimulatedAccount;

  constructor(options: ScribeSimulatorOptions) {
    super(options);
    const { manners, seed = 1 } = options;
    this.#account = new SimulatedAccount(options);
    this.#nextManners = manners === 'random' ? randomScribeManners(seed) : () => chosenScribeManners(manners);
  }

  protected answer({ path, headers }: SimulatedRequest): { readonly status: number; readonly body: object } {
    const told = this.#account.answer(path, headers['xi-api-key']);
    if (!told) return { status: 404, body: { detail: 'Not Found' } };
    this.probes++;
    return { status: told.status, body: told.body as object };
  }

  protected read({
    path,
    query,
  }: SimulatedRequest): { readonly format: AudioFormat } | { readonly problem: string } {
    if (path !== '/v1/speech-to-text/realtime') return { problem: `There is nothing at ${path}.` };
    return parseScribeQuery(query);
  }

  protected refusal(status: number): object {
    return { detail: { status: 'simulated', message: `Simulated failure ${status}.` } };
  }

  protected turnAway(send: (message: object) => void, socket: WebSocket, why: string, isKey: boolean): void {
    const type = isKey ? 'auth_error' : 'invalid_request';
    send({ message_type: type, error: isKey ? 'Invalid API key.' : why });
    socket.close(1008, type);
  }

  protected session({ query }: SimulatedRequest, options: RecogniserSessionOptions): ScribeSession {
    return new ScribeSession(parseScribeQuery(query) as ScribeQuery, this.#nextManners(), options);
  }

  protected keyIn(headers: IncomingHttpHeaders): string | null {
    const key = headers['xi-api-key'];
    return typeof key === 'string' ? key : null;
  }
}

/**
 * Starts a simulated Scribe on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const scribe = await startScribeSimulator({ hearing: hearingInTurn(['book an appointment', 'friday']) });
 * const stt = { provider: 'elevenlabs', apiKey: 'any', baseUrl: scribe.baseUrl };
 */
export function startScribeSimulator(options: ScribeSimulatorOptions = {}): Promise<ScribeSimulator> {
  return new ScribeSimulator(options).listen();
}
