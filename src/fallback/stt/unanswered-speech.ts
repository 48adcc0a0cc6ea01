/** Speech of this length contains a word that a recogniser would hear. */
const certainSpeechMs = 1000;
/** Shorter sounds may be a cough or a key press, and prove nothing, however many there are. */
const likelySpeechMs = 400;
/** How many stretches of likely speech in a row count as certain speech. */
const likelyStretches = 3;

/**
 * Speech that a recogniser should have answered but said nothing about: no words, no empty final, not even that it listened. A noise may
 * get no answer, so what counts is how long the detector heard speech.
 */
export class UnansweredSpeech {
  #likely = 0;

  /** Speech of this length got no answer. Returns whether the recogniser must have stalled. */
  add(speechMs: number): boolean {
    if (speechMs >= likelySpeechMs) this.#likely++;
    return speechMs >= certainSpeechMs || this.#likely >= likelyStretches;
  }

  /** The recogniser said something. */
  reset(): void {
    this.#likely = 0;
  }
}
