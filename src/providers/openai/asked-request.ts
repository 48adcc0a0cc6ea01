import { within, type Clock } from '../../core/clock.js';
import type { StreamWatchdog } from '../stream-watchdog.js';
import { AnswerError, type AnswerReader } from './answer-reader.js';
import { eventData } from './event-stream.js';

/** How long to read on after a complete answer, in milliseconds. */
const endOfStreamMs = 250;
/** Most streams end at once after their answer. The caller would hear a longer wait before the last sentence. */
const usualEndMs = 20;

/** One request for an answer: its id, told once, and its stream. */
export class AskedRequest {
  requestId: string | undefined;
  readonly #onTold: (requestId: string) => void;
  #isSent = false;
  #stream: AsyncGenerator<readonly string[], undefined> | null = null;
  #isAnswer = false;
  #draining: Promise<void> | null = null;

  /** Calls `onTold` with the id. */
  constructor(onTold: (requestId: string) => void) {
    this.#onTold = onTold;
  }

  tell(requestId: string | undefined): void {
    if (requestId === undefined || this.requestId !== undefined) return;
    this.requestId = requestId;
    this.#onTold(requestId);
  }

  /** The request is on its way. */
  sent(): void {
    this.#isSent = true;
  }

  /** The server accepted it: gives the data of its answer, as they arrive together. Throws an AnswerError for a web page. */
  opened(response: Response): AsyncGenerator<readonly string[], undefined> {
    this.#isAnswer = isAnswerType(response);
    this.#stream = dataOf(response);
    return this.#stream;
  }

  /**
   * Whether the vendor got it and did not refuse it. A request that was aborted before the server answered counts too: the server
   * had most probably begun.
   */
  hasReached(signal: AbortSignal): boolean {
    return this.#stream ? this.#isAnswer : this.#isSent && signal.aborted;
  }

  /**
   * Reads the rest of the stream behind a complete answer, for its usage and so that the connection can be reused. Resolves at
   * its end, or after a moment: an answer whose stream stays open is not held up. Never rejects.
   */
  async completed(reader: AnswerReader, watchdog: StreamWatchdog, clock: Clock): Promise<void> {
    watchdog.expect(endOfStreamMs);
    this.#draining = this.#drain(reader);
    await within(clock, usualEndMs, this.#draining);
  }

  /** Resolves when the rest of a complete answer has been read; cancels the stream of any other. Never rejects. */
  async ended(): Promise<void> {
    if (this.#draining) await this.#draining;
    else await this.#stream?.return(undefined).catch(() => undefined);
  }

  async #drain(reader: AnswerReader): Promise<void> {
    try {
      for await (const batch of this.#stream ?? []) for (const data of batch) reader.take(data);
    } catch {
      // After a complete answer a broken connection does no harm.
    }
  }
}

function isAnswerType(response: Response): boolean {
  return !(response.headers.get('content-type') ?? '').includes('html');
}

/**
 * The data from {@link eventData}, or the one answer of a server that does not stream. Throws an {@link AnswerError}
 * for a web page.
 */
async function* dataOf(response: Response): AsyncGenerator<readonly string[], undefined> {
  const contentType = response.headers.get('content-type') ?? '';
  if (contentType.includes('json') && !/ndjson|jsonl/.test(contentType)) {
    const text = await response.text();
    if (isAnswer(text)) {
      yield [text, '[DONE]'];
      return;
    }
  } else if (isAnswerType(response)) {
    if (response.body) yield* eventData(response.body);
    return;
  } else {
    void response.body?.cancel().catch(() => undefined);
  }
  throw new AnswerError(`It sent ${contentType} instead of a stream: check the base URL.`, 'server');
}

function isAnswer(text: string): boolean {
  return /^\s*\{/.test(text) && /"(?:choices|output|error)"\s*:/.test(text);
}
