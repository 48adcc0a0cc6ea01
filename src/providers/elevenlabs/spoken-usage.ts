import type { OnUsage, TtsUsage } from '../../metrics/provider-usage.js';

/** Counts what an answer used, and reports it. */
export class SpokenUsage {
  readonly #model: string;
  readonly #onUsage: OnUsage<TtsUsage> | undefined;
  #characters = 0;
  #seconds = 0;

  constructor(model: string, onUsage: OnUsage<TtsUsage> | undefined) {
    this.#model = model;
    this.#onUsage = onUsage;
  }

  /** A text was sent; negative: it was refused. */
  sent(characters: number): void {
    this.#characters += characters;
  }

  /** Audio has come. */
  received(seconds: number): void {
    this.#seconds += seconds;
  }

  /** Reports what was used since the last report, if anything. */
  report(): void {
    const [characters, seconds] = [this.#characters, this.#seconds];
    if (characters === 0 && seconds === 0) return;
    this.#characters = 0;
    this.#seconds = 0;
    this.#onUsage?.({ kind: 'tts', provider: 'elevenlabs', model: this.#model, characters, seconds });
  }
}
