/**
 * The media streams of phone calls: one call has one stream, and so one session. Twilio calls the webhook again if the
 * first answer was late, and follows the last answer. So a stream of a later answer replaces one of an earlier answer,
 * and a stream of an earlier answer is refused once a later one exists.
 */

/** A stream that holds its call. */
export interface CallStream {
  /** Resolves when the stream that it replaces has closed; at once if it replaces none. */
  readonly ready: Promise<void>;
  /** Whether a later stream of the call has arrived; this one must end. */
  readonly replaced: boolean;
  /** Sets the callback that ends this stream when a later one arrives; runs it at once if one has. */
  onReplaced(end: () => void): void;
  /** Marks the stream as closed, so that its replacement may begin. Idempotent. */
  close(): void;
}

export class CallStreams {
  readonly #streams = new Map<string, HeldStream>();
  #answers = 0;

  /** Returns the number of the next webhook answer; a stream carries the number of the answer that requested it. */
  nextAnswer(): number {
    return ++this.#answers;
  }

  /** Whether the call has a stream. */
  has(callSid: string): boolean {
    return this.#streams.has(callSid);
  }

  /** Opens the call's stream; null if a stream of a later answer is open. */
  open(callSid: string, answer: number): CallStream | null {
    const before = this.#streams.get(callSid);
    if (before && before.answer > answer) return null;
    const stream: HeldStream = new HeldStream(answer, before?.replace() ?? Promise.resolve(), () => {
      if (this.#streams.get(callSid) === stream) this.#streams.delete(callSid);
    });
    this.#streams.set(callSid, stream);
    return stream;
  }
}

class HeldStream implements CallStream {
  readonly answer: number;
  readonly ready: Promise<void>;
  replaced = false;
  readonly #over: Promise<void>;
  readonly #close: () => void;
  #end: (() => void) | null = null;

  constructor(answer: number, ready: Promise<void>, onClosed: () => void) {
    this.answer = answer;
    this.ready = ready;
    let resolveOver: () => void = () => undefined;
    this.#over = new Promise((resolve) => {
      resolveOver = resolve;
    });
    this.#close = () => {
      onClosed();
      resolveOver();
    };
  }

  /** Ends the stream in favour of a later one; resolves when it has closed. */
  replace(): Promise<void> {
    this.replaced = true;
    this.#end?.();
    return this.#over;
  }

  onReplaced(end: () => void): void {
    this.#end = end;
    if (this.replaced) end();
  }

  close(): void {
    this.#close();
  }
}
