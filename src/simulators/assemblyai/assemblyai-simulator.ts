/**
 * A simulated AssemblyAI: a server on a loopback port that speaks Universal Streaming v3 (`/v3/ws`) and answers `GET
 * /v3/token`. The test chooses what it hears, its latencies and its faults; it records the client's mistakes.
 *
 * Sources: https://www.assemblyai.com/docs/streaming/message-sequence,
 * https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures, and the vendor's SDK 4.41.5.
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
  chosenManners,
  randomManners,
  type AssemblyAiManners,
  type ChosenManners,
} from './assemblyai-manners.js';
import { AssemblyAiSession, closeReason, errorMessage } from './assemblyai-session.js';
import { parseStreamingQuery, type StreamingQuery } from './streaming-query.js';

export interface AssemblyAiSimulatorOptions extends SimulatedRecogniserOptions {
  /** Its behaviour; `random` draws new manners for each session. @default the usual manners */
  readonly manners?: AssemblyAiManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
}

export class AssemblyAiSimulator extends SimulatedRecogniser<AssemblyAiSession> {
  readonly #nextManners: () => ChosenManners;

  constructor(options: AssemblyAiSimulatorOptions) {
    super(options);
    const { manners, seed = 1 } = options;
    this.#nextManners = manners === 'random' ? randomManners(seed) : () => chosenManners(manners);
  }

  protected answer(request: SimulatedRequest): { readonly status: number; readonly body: object } {
    if (request.path !== '/v3/token') return { status: 404, body: { error: 'Not found' } };
    this.probes++;
    const seconds = Number(request.query.get('expires_in_seconds'));
    if (!this.knowsKey(request))
      return { status: 401, body: { error: 'Authentication error, API token missing/invalid' } };
    if (!(seconds >= 1 && seconds <= 600)) {
      this.problems.push('expires_in_seconds must be from 1 to 600.');
      return { status: 400, body: { error: 'Invalid expires_in_seconds' } };
    }
    return { status: 200, body: { token: 'simulated', expires_in_seconds: seconds } };
  }

  protected read({
    path,
    query,
  }: SimulatedRequest): { readonly format: AudioFormat } | { readonly problem: string } {
    if (path !== '/v3/ws') return { problem: `There is nothing at ${path}.` };
    return parseStreamingQuery(query);
  }

  protected refusal(status: number): object {
    return { error: `Simulated failure ${status}.` };
  }

  protected turnAway(send: (message: object) => void, socket: WebSocket, why: string, isKey: boolean): void {
    const code = isKey ? 1008 : 3006;
    const reason = isKey
      ? 'Unauthorized Connection: Missing Authorization header'
      : `User Input Validation Error: ${why}`;
    if (this.#nextManners().errors === 'frame') send(errorMessage(code, reason));
    socket.close(code, closeReason(reason));
  }

  protected session({ query }: SimulatedRequest, options: RecogniserSessionOptions): AssemblyAiSession {
    return new AssemblyAiSession(parseStreamingQuery(query) as StreamingQuery, this.#nextManners(), options);
  }

  protected keyIn({ authorization }: IncomingHttpHeaders): string | null {
    // Other services of AssemblyAI take `Bearer`; this one does not.
    if (authorization?.startsWith('Bearer ')) this.problems.push('The key has a scheme before it.');
    return authorization ?? null;
  }
}

/**
 * Starts a simulated AssemblyAI on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const assemblyai = await startAssemblyAiSimulator({ hearing: hearingInTurn(['book an appointment', 'friday']) });
 * const stt = { provider: 'assemblyai', apiKey: 'any', baseUrl: assemblyai.baseUrl };
 */
export function startAssemblyAiSimulator(
  options: AssemblyAiSimulatorOptions = {},
): Promise<AssemblyAiSimulator> {
  return new AssemblyAiSimulator(options).listen();
}
