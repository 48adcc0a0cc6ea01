import type { Speakable, SpeakResult } from './session-parts.js';

interface Speech {
  readonly text: Speakable;
  readonly resolve: (result: SpeakResult) => void;
}

/** What the user wants spoken: waiting, or being spoken as a turn. Each request is answered exactly once. */
export class SpeechQueue {
  readonly #waiting: Speech[] = [];
  readonly #spoken = new Map<number, Speech>();

  /** Whether something waits. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Adds a request; resolves when it was played out, cut or dropped. */
  add(text: Speakable): Promise<SpeakResult> {
    return new Promise((resolve) => this.#waiting.push({ text, resolve }));
  }

  /** Takes the next request, to be spoken as this turn. */
  take(turn: number): AsyncIterable<string> | Iterable<string> | null {
    const speech = this.#waiting.shift();
    if (!speech) return null;
    this.#spoken.set(turn, speech);
    return typeof speech.text === 'string' ? [speech.text] : speech.text;
  }

  /** The turn is over: answers its request, if it had one. */
  finish(result: SpeakResult): void {
    this.#spoken.get(result.turn)?.resolve(result);
    this.#spoken.delete(result.turn);
  }

  /** The turn was revoked: neither what was spoken as its answer nor what waits behind it fits any more. */
  revoke(turn: number): void {
    if (!this.#spoken.has(turn)) return;
    this.finish({ turn, heardText: '', interrupted: true });
    this.drop(turn);
  }

  /** Answers everything that waits: it will not be spoken. */
  drop(turn: number): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve({ turn, heardText: '', interrupted: true });
  }
}
