/** Speech this long contains a word that a recogniser would recognise. */
const certainSpeechMs = 1000;
/** Shorter sounds may be coughs or key presses; no number of them proves anything. */
const likelySpeechMs = 400;
/** How many stretches of likely speech in a row count as certain speech. */
const likelyStretches = 3;

/** Whether a stretch of this length probably contains a word. */
export function isLikelySpeech(speechMs: number): boolean {
  return speechMs >= likelySpeechMs;
}

/**
 * Speech that a recogniser should have answered, but for which no event came: no words, no empty final, no `heard`. A noise
 * may get no answer, so what counts is how long the detector heard speech.
 */
export class UnansweredSpeech {
  #likely = 0;

  /** Speech of this length got no answer. Returns whether the recogniser must have stalled. */
  add(speechMs: number): boolean {
    if (isLikelySpeech(speechMs)) this.#likely++;
    return speechMs >= certainSpeechMs || this.#likely >= likelyStretches;
  }

  /** The recogniser sent an event. */
  reset(): void {
    this.#likely = 0;
  }
}
