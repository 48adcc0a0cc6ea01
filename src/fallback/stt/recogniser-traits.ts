import type { Candidate } from '../policy/candidate.js';
import type { SpeechToText, SttEvent } from '../../providers/speech-to-text.js';

/** A recogniser's observed behaviour, where the contract leaves it open. */
export interface RecogniserTraits {
  /** It gives word times, so that a word heard twice can be distinguished from one said twice. */
  timesWords: boolean;
}

/** The traits of the candidates of a fallback list, observed in all sessions so far. */
export class KnownTraits {
  readonly #traits = new Map<Candidate<SpeechToText>, RecogniserTraits>();

  of(candidate: Candidate<SpeechToText>): RecogniserTraits {
    let traits = this.#traits.get(candidate);
    if (!traits) this.#traits.set(candidate, (traits = { timesWords: false }));
    return traits;
  }

  /** Learns from a candidate's event. */
  learn(candidate: Candidate<SpeechToText>, event: SttEvent): void {
    if (event.type !== 'heard' && event.type !== 'error' && event.text !== '')
      this.of(candidate).timesWords = event.words !== undefined;
  }
}
