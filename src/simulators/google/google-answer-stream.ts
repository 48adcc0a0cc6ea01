import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../core/clock.js';
import type { BilledOf } from '../vendor-simulator.js';
import type { GoogleFault } from './google-script.js';
import { errorEvent, type GoogleStep, type GoogleWireAnswer } from './google-wire.js';

/** Latencies of a simulated model, in milliseconds. */
export interface GooglePace {
  /** From the request to the first token. */
  readonly firstTokenMs: number;
  /** From one token to the next. */
  readonly tokenMs: number;
}

export interface GoogleAnswerStreamOptions {
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly pace: GooglePace;
  readonly answer: GoogleWireAnswer;
  readonly fault: GoogleFault | null;
  /** Whether the headers come only with the first token. */
  readonly hasLateHeaders: boolean;
  /** Tokens of the request, as a client can estimate them. */
  readonly promptTokens: number;
  /** Called when a scheduled fault happens. */
  readonly onFault: () => void;
  /** Called whenever what the answer costs has changed. */
  readonly onBilled: (billed: BilledOf['llm']) => void;
}

/** One answer, streamed as server-sent events at the given pace. It stops when the client disconnects. */
export class GoogleAnswerStream {
  readonly #options: GoogleAnswerStreamOptions;
  #timer: Timer | null = null;
  #sent = 0;
  #pieces = 0;
  #usage: BilledOf['llm'] | null = null;

  constructor(options: GoogleAnswerStreamOptions) {
    this.#options = options;
  }

  /** Sends the headers and the tokens at their pace. */
  start(): void {
    const { response, pace, answer, fault, hasLateHeaders } = this.#options;
    response.once('close', () => this.#timer?.cancel());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (!hasLateHeaders) response.flushHeaders();
    this.#bill(false);
    if (fault?.fault === 'slow_drip') {
      const bytes = Buffer.from(answer.steps.map(({ sse }) => sse).join('') + answer.closing.sse);
      this.#after(pace.firstTokenMs, () => this.#drip(bytes, fault));
    } else this.#after(pace.firstTokenMs, () => this.#sendToken());
  }

  #sendToken(): void {
    const { response, pace, answer, fault } = this.#options;
    const { steps } = answer;
    const failsAfter = fault && 'afterTokens' in fault ? Math.min(fault.afterTokens, steps.length) : Infinity;
    const step = this.#sent < failsAfter ? steps[this.#sent++] : undefined;
    if (step) {
      response.write(step.sse);
      this.#count(step, false);
    }
    if (this.#sent >= failsAfter) this.#fail();
    else if (this.#sent < steps.length) this.#after(pace.tokenMs, () => this.#sendToken());
    else this.#close();
  }

  #close(): void {
    const { response, answer, fault } = this.#options;
    this.#count(answer.closing, true);
    if (fault?.fault === 'never_ends') response.write(answer.closing.sse);
    else response.end(answer.closing.sse);
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
        response.end('data: {"candidates": [{"content": {"parts": [{"text": "I\r\n\r\n');
        break;
      case 'error_event':
      case 'bare_error':
        response.end(errorEvent(fault.status ?? 503, fault.fault === 'bare_error'));
        break;
      default:
      // A stall: send nothing more.
    }
  }

  #drip(rest: Buffer, pace: Extract<GoogleFault, { fault: 'slow_drip' }>): void {
    const { response, answer } = this.#options;
    if (rest.length <= pace.bytes) {
      for (const step of answer.steps) this.#count(step, false);
      this.#count(answer.closing, true);
      response.end(rest);
      return;
    }
    response.write(rest.subarray(0, pace.bytes));
    this.#after(pace.everyMs, () => this.#drip(rest.subarray(pace.bytes), pace));
  }

  #count({ pieces, usage }: GoogleStep, isComplete: boolean): void {
    this.#pieces += pieces;
    this.#usage = usage ?? this.#usage;
    this.#bill(isComplete);
  }

  /** A cut answer costs what was reported last, or as much as the client can estimate. */
  #bill(isComplete: boolean): void {
    const { promptTokens, onBilled } = this.#options;
    const known = this.#usage ?? { inputTokens: promptTokens, outputTokens: 0 };
    if (isComplete) onBilled(known);
    else onBilled({ ...known, outputTokens: Math.max(known.outputTokens, this.#pieces), estimated: true });
  }

  #after(ms: number, send: () => void): void {
    this.#timer = this.#options.clock.setTimer(ms, send);
  }
}
