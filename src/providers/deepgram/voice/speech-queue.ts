import { mostCharacters } from './speak-limits.js';

/** A text that is spoken with a flush of its own. */
export interface SpeechPiece {
  readonly chunk: number;
  readonly text: string;
}

/**
 * The chunks of one answer: what waits to be sent, what is being spoken, and which chunks are complete. Deepgram answers
 * flushes in their order, so each answer belongs to the oldest one.
 */
export class SpeechQueue {
  /** How many pieces of each chunk are left to speak. */
  readonly #left: number[] = [];
  readonly #unsent: SpeechPiece[] = [];
  readonly #speaking: SpeechPiece[] = [];
  #done = 0;

  /**
   * Adds the next chunk; one without a letter or a digit has nothing to speak. Returns whether there is something to speak now
   * where there was nothing before.
   */
  add(text: string): boolean {
    const wasEmpty = this.isEmpty;
    const chunk = this.#left.length;
    const pieces = /[\p{L}\p{N}]/u.test(text) ? piecesOf(text.trim()) : [];
    this.#left.push(pieces.length);
    this.#unsent.push(...pieces.map((piece) => ({ chunk, text: piece })));
    return wasEmpty && pieces.length > 0;
  }

  /** The next piece to send; null if all were sent. */
  get next(): SpeechPiece | null {
    return this.#unsent[0] ?? null;
  }

  /** Whether a flush is unanswered. */
  get isSpeaking(): boolean {
    return this.#speaking.length > 0;
  }

  /** Whether everything that was added has been spoken. */
  get isEmpty(): boolean {
    return this.#unsent.length === 0 && this.#speaking.length === 0;
  }

  /** The chunk that audio belongs to now; null if none is being spoken. */
  get chunk(): number | null {
    return this.#speaking[0]?.chunk ?? null;
  }

  /** `next` was sent, with its flush. */
  sent(): void {
    const piece = this.#unsent.shift();
    if (piece) this.#speaking.push(piece);
  }

  /** The oldest flush was answered. Returns false if there is none. */
  flushed(): boolean {
    const piece = this.#speaking.shift();
    if (!piece) return false;
    this.#left[piece.chunk] = (this.#left[piece.chunk] ?? 1) - 1;
    return true;
  }

  /** Takes the numbers of the chunks that are complete since the last call, in order. */
  takeDone(): number[] {
    const done: number[] = [];
    while (this.#left[this.#done] === 0) done.push(this.#done++);
    return done;
  }
}

/** Cuts a long text between words, or within one that is too long itself. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > mostCharacters) {
    const space = rest.lastIndexOf(' ', mostCharacters);
    const end = space > 0 ? space : wholeCharacters(rest);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...pieces, rest];
}

/** Where to cut a text without a space, between the halves of no character. */
function wholeCharacters(text: string): number {
  const last = text.charCodeAt(mostCharacters - 1);
  return last >= 0xd800 && last < 0xdc00 ? mostCharacters - 1 : mostCharacters;
}
