import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../core/clock.js';
import type { AnthropicFault } from './anthropic-script.js';
import { event, type AnthropicWireAnswer } from './anthropic-wire.js';

/** Latencies of a simulated model, in milliseconds. */
export interface AnthropicPace {
  /** From the request to the first token. */
  readonly firstTokenMs: number;
  /** From one token to the next. */
  readonly tokenMs: number;
}

export interface AnthropicAnswerStreamOptions {
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly pace: AnthropicPace;
  readonly answer: AnthropicWireAnswer;
  readonly fault: AnthropicFault | null;
  /** Called when a scheduled fault happens. */
  readonly onFault: () => void;
}

/** One answer, streamed as server-sent events at the given pace. It stops when the client disconnects. */
export class AnthropicAnswerStream {
  /** Whether all of the answer was sent. */
  isComplete = false;
  /** The tokens sent so far. */
  tokens = 0;
  readonly #options: AnthropicAnswerStreamOptions;
  #timer: Timer | null = null;
  #sent = 0;

  constructor(options: AnthropicAnswerStreamOptions) {
    this.#options = options;
  }

  /** Sends the tokens at their pace; the headers were sent. */
  start(): void {
    const { response, pace, answer, fault } = this.#options;
    response.once('close', () => this.#timer?.cancel());
    if (fault?.fault === 'slow_drip') {
      const bytes = Buffer.from(
        answer.opening + answer.pieces.map(({ sse }) => sse).join('') + answer.closing,
      );
      this.#after(pace.firstTokenMs, () => this.#drip(bytes, fault));
    } else {
      this.#after(pace.firstTokenMs, () => {
        response.write(answer.opening);
        this.#sendPiece();
      });
    }
  }

  #sendPiece(): void {
    const { response, pace, answer, fault } = this.#options;
    const failsAfter = fault && 'afterTokens' in fault ? fault.afterTokens : Infinity;
    const piece = answer.pieces[this.#sent];
    if (this.tokens >= failsAfter || (failsAfter < Infinity && !piece)) {
      this.#fail();
      return;
    }
    if (piece) {
      response.write(piece.sse);
      this.tokens += piece.tokens;
      this.#sent++;
    }
    if (this.#sent < answer.pieces.length || failsAfter < Infinity) {
      if (this.tokens >= failsAfter) this.#fail();
      else this.#after(pace.tokenMs, () => this.#sendPiece());
    } else {
      this.#complete();
    }
  }

  #complete(): void {
    const { response, answer, fault } = this.#options;
    this.isComplete = true;
    if (fault?.fault === 'never_ends') response.write(answer.closing);
    else response.end(answer.closing);
  }

  #fail(): void {
    const { response, fault, onFault } = this.#options;
    onFault();
    switch (fault?.fault) {
      case 'drop':
        // Let the written data arrive before the connection is cut.
        response.write('', () => response.socket?.destroy());
        break;
      case 'truncate':
        response.end();
        break;
      case 'garbage':
        response.end('event: content_block_delta\ndata: {"type":"content_block_delta","ind\n\n');
        break;
      case 'error_event': {
        const { type = 'overloaded_error' } = fault;
        const message = type === 'overloaded_error' ? 'Overloaded' : 'Simulated failure.';
        response.end(event('error', { error: { type, message, details: null } }));
        break;
      }
      default:
      // A stall: send nothing more.
    }
  }

  #drip(rest: Buffer, pace: Extract<AnthropicFault, { fault: 'slow_drip' }>): void {
    const { response } = this.#options;
    if (rest.length <= pace.bytes) {
      this.isComplete = true;
      response.end(rest);
      return;
    }
    response.write(rest.subarray(0, pace.bytes));
    this.#after(pace.everyMs, () => this.#drip(rest.subarray(pace.bytes), pace));
  }

  #after(ms: number, send: () => void): void {
    this.#timer = this.#options.clock.setTimer(ms, send);
  }
}
