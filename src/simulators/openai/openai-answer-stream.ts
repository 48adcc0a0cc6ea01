import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../core/clock.js';
import type { OpenAiFault } from './openai-script.js';
import type { OpenAiWireAnswer } from './openai-wire.js';

/** Latencies of a simulated model, in milliseconds. */
export interface OpenAiPace {
  /** From the request to the first token. */
  readonly firstTokenMs: number;
  /** From one token to the next. */
  readonly tokenMs: number;
}

export interface OpenAiAnswerStreamOptions {
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly pace: OpenAiPace;
  readonly answer: OpenAiWireAnswer;
  readonly fault: OpenAiFault | null;
  /** The service's error in the middle of a chat completion. */
  readonly streamError: () => object;
  /** Called with the number of tokens sent so far. */
  readonly onSent: (tokens: number) => void;
  /** Called when all was sent. */
  readonly onComplete: () => void;
  /** Called when a scheduled fault happens. */
  readonly onFault: () => void;
}

/** One answer, streamed as server-sent events at the given pace. It stops when the client disconnects. */
export class OpenAiAnswerStream {
  readonly #options: OpenAiAnswerStreamOptions;
  #timer: Timer | null = null;
  #sent = 0;

  constructor(options: OpenAiAnswerStreamOptions) {
    this.#options = options;
  }

  /** Sends the headers at once and the tokens at their pace. */
  start(): void {
    const { response, pace, answer, fault } = this.#options;
    response.once('close', () => this.#timer?.cancel());
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    if (fault?.fault === 'slow_drip') {
      const bytes = Buffer.from(answer.tokens.join('') + answer.closing);
      this.#after(pace.firstTokenMs, () => this.#drip(bytes, fault));
    } else {
      this.#after(pace.firstTokenMs, () => this.#sendToken());
    }
  }

  #sendToken(): void {
    const { response, pace, answer, fault, onSent, onComplete } = this.#options;
    const failsAfter =
      fault && 'afterTokens' in fault ? Math.min(fault.afterTokens, answer.tokens.length) : Infinity;
    if (this.#sent < failsAfter) {
      response.write(answer.tokens[this.#sent++]);
      onSent(this.#sent);
    }
    if (this.#sent >= failsAfter) return this.#fail();
    if (this.#sent < answer.tokens.length) return this.#after(pace.tokenMs, () => this.#sendToken());
    onComplete();
    if (fault?.fault === 'never_ends') response.write(answer.closing);
    else response.end(answer.closing);
  }

  #fail(): void {
    const { response, answer, fault, streamError, onFault } = this.#options;
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
        response.end('data: {"choices":[{"delta":{"content":"I\n\n');
        break;
      case 'error_event':
        response.end(answer.closing.startsWith('event:') ? errorEvent : dataOf(streamError()));
        break;
      default:
      // A stall: send nothing more.
    }
  }

  #drip(rest: Buffer, pace: Extract<OpenAiFault, { fault: 'slow_drip' }>): void {
    const { response, onComplete } = this.#options;
    if (rest.length <= pace.bytes) {
      onComplete();
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

/** An error in the middle of a response. */
const errorEvent = `event: error\n${dataOf({
  ...{ type: 'error', code: 'server_error', param: null },
  message: 'The server had an error while processing your request.',
})}`;

function dataOf(message: object): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}
