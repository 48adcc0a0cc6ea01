/**
 * A simulated Realtime API of OpenAI for transcription: a server on a loopback port with `/v1/realtime?intent=transcription`
 * and `GET /v1/models/{model}`. The test chooses what it hears, its latencies and its faults; it records the client's
 * mistakes.
 *
 * Sources: https://developers.openai.com/api/docs/guides/realtime-transcription, and the types of the vendor's SDK 6.49.0.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';
import type { AudioFormat } from '../../../audio/audio-frame.js';
import {
  SimulatedRecogniser,
  type SimulatedRecogniserOptions,
  type SimulatedRequest,
} from '../../simulated-recogniser.js';
import type { RecogniserSessionOptions } from '../../simulated-recogniser-session.js';
import { openAiDialect } from '../openai-dialect.js';
import { modelObject } from '../openai-models.js';
import {
  chosenManners,
  randomManners,
  type ChosenManners,
  type OpenAiRecogniserManners,
} from './openai-recogniser-manners.js';
import { OpenAiRecogniserSession } from './openai-recogniser-session.js';
import { transcriptionModels } from './session-update.js';

export interface OpenAiRecogniserSimulatorOptions extends SimulatedRecogniserOptions {
  /** Its models. @default those for realtime transcription in December 2026 */
  readonly models?: readonly string[];
  /** Its behaviour; `random` draws new manners for each session. @default the usual manners */
  readonly manners?: OpenAiRecogniserManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
}

/** Source: https://developers.openai.com/api/docs/deprecations */
const leaving = ['whisper-1', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe'];

export class OpenAiRecogniserSimulator extends SimulatedRecogniser<OpenAiRecogniserSession> {
  readonly #models: readonly string[];
  readonly #nextManners: () => ChosenManners;

  constructor(options: OpenAiRecogniserSimulatorOptions) {
    super(options);
    const { manners, seed = 1, models = transcriptionModels } = options;
    this.#models = models;
    this.#nextManners = manners === 'random' ? randomManners(seed) : () => chosenManners(manners);
  }

  /** `http://127.0.0.1:<port>/v1`. */
  override get baseUrl(): string {
    return `${super.baseUrl}/v1`;
  }

  protected answer(request: SimulatedRequest): { readonly status: number; readonly body: object } {
    if (!request.path.startsWith('/v1/models/'))
      return { status: 404, body: errorOf('unknown_url', `Unknown request URL: ${request.path}.`) };
    this.probes++;
    if (!this.knowsKey(request))
      return { status: 401, body: errorOf('invalid_api_key', 'Incorrect API key.') };
    const id = decodeURIComponent(request.path.slice('/v1/models/'.length));
    const { code, message } = openAiDialect.unknownModel(id);
    if (!this.#models.includes(id)) return { status: 404, body: errorOf(code, message) };
    const shutdownDate = leaving.includes(id) ? '2027-02-26' : null;
    return { status: 200, body: modelObject({ id, shutdownDate }) };
  }

  /** Words are heard at 24 kHz, whatever the client sends: it tells its format only after the handshake. */
  protected read({
    path,
    query,
  }: SimulatedRequest): { readonly format: AudioFormat } | { readonly problem: string } {
    if (path !== '/v1/realtime') return { problem: `There is nothing at ${path}.` };
    if (query.get('intent') !== 'transcription') return { problem: 'The session is not for transcription.' };
    if (query.has('model')) return { problem: 'A model in the address makes a conversation session.' };
    return { format: { encoding: 'linear16', sampleRateHz: 24_000 } };
  }

  protected refusal(status: number): object {
    return errorOf(null, `Simulated failure ${status}.`);
  }

  /** As browsers see it, whose handshake cannot be refused with a status. */
  protected turnAway(send: (message: object) => void, socket: WebSocket, why: string, isKey: boolean): void {
    const code = isKey ? 'invalid_api_key' : 'invalid_value';
    send({ type: 'error', event_id: 'event_1', ...errorOf(code, isKey ? 'Incorrect API key.' : why) });
    socket.close(isKey ? 3000 : 4000, `invalid_request_error.${code}`);
  }

  protected session(_request: SimulatedRequest, options: RecogniserSessionOptions): OpenAiRecogniserSession {
    return new OpenAiRecogniserSession(this.#nextManners(), this.#models, options);
  }

  protected keyIn({ authorization }: IncomingHttpHeaders): string | null {
    return authorization?.startsWith('Bearer ') === true ? authorization.slice('Bearer '.length) : null;
  }
}

/**
 * Starts a simulated transcription service on a free loopback port; it listens when the promise resolves. The caller
 * closes it.
 *
 * @example
 * const openai = await startOpenAiRecogniserSimulator({ hearing: hearingInTurn(['book an appointment', 'friday']) });
 * const stt = { provider: 'openai', apiKey: 'any', baseUrl: openai.baseUrl };
 */
export function startOpenAiRecogniserSimulator(
  options: OpenAiRecogniserSimulatorOptions = {},
): Promise<OpenAiRecogniserSimulator> {
  return new OpenAiRecogniserSimulator(options).listen();
}

function errorOf(code: string | null, message: string): object {
  return { error: { type: 'invalid_request_error', code, message, param: null } };
}
