import type { SttEvent } from '../speech-to-text.js';

/** What a step leads to. */
export interface InkStep {
  readonly events: readonly SttEvent[];
  /** An answer without words is held for this long, since words may follow; then call {@link InkTranscript.settle}. */
  readonly settleInMs?: number;
}

interface Request {
  /** Position in the audio, in milliseconds. */
  readonly atMs: number;
  /** Whether the session waits for the answer: not for a keep-alive, and not after its time-out. */
  isAwaited: boolean;
}

export interface InkTranscriptOptions {
  /** Whether parts of a transcript may lack the space between them, as Whisper's do. */
  readonly spacesParts: boolean;
}

const nothing: InkStep = { events: [] };
/** How long an answer without words is held after speech. */
const settleInMs = 150;

/**
 * The transcript of one stream. Final parts and the latest interim part are one utterance, which ends with the answer to
 * a `finalize`; Cartesia also makes parts final by itself, in the middle of speech
 * (https://github.com/joewongjc/type4me/pull/242). Answers come in the order of their requests.
 */
export class InkTranscript {
  readonly #options: InkTranscriptOptions;
  /** Requests that the server has not answered, oldest first. */
  readonly #requests: Request[] = [];
  #final = '';
  #interim = '';
  #saidPartial = '';
  /** Audio before this position has its final. */
  #answeredMs = 0;
  /** Position of a held answer; null if none is held. */
  #heldMs: number | null = null;
  /** How many interim words answered a flush that timed out: the server's final part will begin with them. */
  #givenWords = 0;
  /** Whether speech was reported, or a word recognised, since the last answer. */
  #expectsWords = false;
  /** Whether the session has asked for a final since the last speech. */
  #isQuiet = false;

  constructor(options: InkTranscriptOptions) {
    this.#options = options;
  }

  /** Number of flushes that have no answer yet. */
  get pendingFlushes(): number {
    return this.#requests.filter(({ isAwaited }) => isAwaited).length + (this.#heldMs === null ? 0 : 1);
  }

  speechStarted(): void {
    this.#expectsWords = true;
    this.#isQuiet = false;
  }

  /** A flush at this position. Returns null if the server is to be asked. */
  flush(atMs: number): InkStep | null {
    this.#isQuiet = true;
    const isNew = atMs > this.#answeredMs || this.#text !== '' || this.#requests.length > 0;
    // Without new audio there is nothing to ask for.
    if (!isNew && this.#heldMs === null) return { events: [finalOf('', atMs)] };
    this.#requests.push({ atMs, isAwaited: true });
    return null;
  }

  /** A request that only keeps the connection open. */
  keptAlive(atMs: number): void {
    this.#requests.push({ atMs, isAwaited: false });
  }

  /** The oldest flush has timed out: answers it with what is known. */
  giveUpFlush(): InkStep {
    if (this.#heldMs !== null) return this.settle();
    const request = this.#requests.find(({ isAwaited }) => isAwaited);
    if (!request) return nothing;
    request.isAwaited = false;
    const text = this.#text;
    this.#givenWords += wordsOf(this.#interim).length;
    // Words may be missing, so a successor would hear this audio again.
    const event = finalOf(text, this.#answeredMs);
    this.#clear();
    return { events: [event] };
  }

  /** The time of a held answer is up. */
  settle(): InkStep {
    if (this.#heldMs === null) return nothing;
    return { events: [this.#end(this.#heldMs)] };
  }

  transcript(text: string, isFinal: boolean): InkStep {
    if (!isFinal) {
      // It has been overtaken by its final part.
      if (this.#final !== '' && this.#requests.some(({ isAwaited }) => isAwaited)) return nothing;
      this.#interim = text;
      return this.#partial();
    }
    const part = this.#withoutGiven(text);
    this.#final = this.#joined(this.#final, part);
    this.#interim = '';
    if (part.trim() === '') return nothing;
    if (this.#heldMs !== null) return { events: [this.#end(this.#heldMs)] };
    // Words behind the answer to the last flush: no flush will ask for them.
    if (this.#isQuiet && this.pendingFlushes === 0) {
      const late = { ...finalOf(this.#text, this.#answeredMs), endOfUtterance: false };
      this.#clear();
      return { events: [late] };
    }
    return this.#partial();
  }

  /** The server has answered the oldest request. */
  flushDone(): InkStep {
    const request = this.#requests.shift();
    if (!request) return nothing;
    this.#givenWords = 0;
    if (!request.isAwaited) {
      this.#answeredMs = this.#text === '' ? Math.max(this.#answeredMs, request.atMs) : this.#answeredMs;
      return nothing;
    }
    const held = this.#heldMs === null ? [] : [this.#end(this.#heldMs)];
    // Words that are interim, or missing after speech, may come behind their answer.
    const isWhole = this.#interim === '' && (this.#final !== '' || !this.#expectsWords);
    if (isWhole) return { events: [...held, this.#end(request.atMs)] };
    this.#heldMs = request.atMs;
    return { events: held, settleInMs };
  }

  get #text(): string {
    return this.#joined(this.#final, this.#interim).trim();
  }

  #end(atMs: number): SttEvent {
    // Interim words that no final part has confirmed are better than none.
    const event = finalOf(this.#text, atMs);
    this.#answeredMs = Math.max(this.#answeredMs, atMs);
    this.#clear();
    return event;
  }

  #clear(): void {
    this.#final = this.#interim = this.#saidPartial = '';
    this.#heldMs = null;
    this.#expectsWords = false;
  }

  #partial(): InkStep {
    const text = this.#text;
    if (text !== '') this.#expectsWords = true;
    if (text === '' || text === this.#saidPartial) return nothing;
    this.#saidPartial = text;
    return { events: [{ type: 'partial', text }] };
  }

  #withoutGiven(text: string): string {
    if (this.#givenWords === 0) return text;
    const rest = wordsOf(text).slice(this.#givenWords).join(' ');
    this.#givenWords = Math.max(0, this.#givenWords - wordsOf(text).length);
    return rest;
  }

  /** Parts are joined as they are: https://docs.cartesia.ai/use-the-api/stt/common-pitfalls */
  #joined(text: string, part: string): string {
    const lacksSpace =
      this.#options.spacesParts && text !== '' && part !== '' && !/\s$/.test(text) && !/^\s/.test(part);
    return lacksSpace ? `${text} ${part}` : `${text}${part}`;
  }
}

function finalOf(text: string, untilMs: number): SttEvent & { readonly type: 'final' } {
  return { type: 'final', text, endOfUtterance: true, untilMs };
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
