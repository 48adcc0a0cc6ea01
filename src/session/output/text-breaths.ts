import { setImmediate as nextTurn } from 'node:timers/promises';

/** Characters processed before yielding to the event loop: a few milliseconds of work for any text. */
const breathChars = 512;

/**
 * Splits long text into pieces and yields to the event loop between them, so that a long text does not block other
 * calls.
 */
export class TextBreaths {
  #chars = 0;

  /** Whether the text, for example a token, can be processed at once. If so, it is counted as processed. */
  fits(text: string): boolean {
    if (this.#chars + text.length >= breathChars) return false;
    this.#chars += text.length;
    return true;
  }

  /** The text in pieces of at most 513 code units; surrogate pairs stay whole. */
  piecesOf(text: string): readonly string[] {
    if (text.length <= breathChars) return [text];
    const pieces: string[] = [];
    for (let from = 0; from < text.length;) {
      let to = Math.min(from + breathChars, text.length);
      if (to < text.length && isLowSurrogate(text.charCodeAt(to))) to++;
      pieces.push(text.slice(from, to));
      from = to;
    }
    return pieces;
  }

  /** Counts `piece` as processed. Returns whether to yield to the event loop before the next piece. */
  isDue(piece: string): boolean {
    this.#chars += piece.length;
    if (this.#chars < breathChars) return false;
    this.#chars = 0;
    return true;
  }

  /** Yields to the event loop. */
  turn(): Promise<void> {
    return nextTurn();
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
