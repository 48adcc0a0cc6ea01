/** Average pace of voices: about 15 characters a second, spaces included. */
export const usualMsPerCharacter = 66;
/** The weight of the latest answer in the average. */
const newsShare = 0.5;

/** A voice's pace, learned from its answers; used if the server reports no times. */
export class SpeechPace {
  #msPerCharacter = usualMsPerCharacter;
  #isKnown = false;

  get msPerCharacter(): number {
    return this.#msPerCharacter;
  }

  /** Learns from a complete answer of this many characters and milliseconds. */
  learn(characters: number, audioMs: number): void {
    if (characters === 0 || audioMs <= 0) return;
    const pace = audioMs / characters;
    this.#msPerCharacter = this.#isKnown ? newsShare * pace + (1 - newsShare) * this.#msPerCharacter : pace;
    this.#isKnown = true;
  }
}
