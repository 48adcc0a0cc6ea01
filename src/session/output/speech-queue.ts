import type { Speakable, SpeakResult } from '../session-parts.js';

interface Speech {
  readonly text: Speakable;
  readonly resolve: (result: SpeakResult) => void;
}

/** Requests of `Session.speak()`: waiting, or being spoken as a turn. Each request is resolved exactly once. */
export class SpeechQueue {
  readonly #waiting: Speech[] = [];
  readonly #spoken = new Map<number, Speech>();

  /** Whether a request is waiting. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Adds a request. Resolves when it was played to its end, cut or dropped. */
  add(text: Speakable): Promise<SpeakResult> {
    return new Promise((resolve) => this.#waiting.push({ text, resolve }));
  }

  /** Takes the text of the next request, to speak as this turn; null if none is waiting. */
  take(turn: number): AsyncIterable<string> | Iterable<string> | null {
    const speech = this.#waiting.shift();
    if (!speech) return null;
    this.#spoken.set(turn, speech);
    return typeof speech.text === 'string' ? [speech.text] : speech.text;
  }

  /** The turn is over: resolves its request, if it had one. */
  finish(result: SpeakResult): void {
    this.#spoken.get(result.turn)?.resolve(result);
    this.#spoken.delete(result.turn);
  }

  /** The turn was revoked: drops its request and the waiting ones, which were meant for the old words. */
  revoke(turn: number): void {
    if (!this.#spoken.has(turn)) return;
    this.finish({ turn, heardText: '', interrupted: true });
    this.drop(turn);
  }

  /** Drops the waiting requests and resolves them as interrupted. */
  drop(turn: number): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve({ turn, heardText: '', interrupted: true });
  }
}
