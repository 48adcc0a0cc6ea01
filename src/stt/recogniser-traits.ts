import type { Member } from '../supervisor/line-up.js';
import type { SpeechToText, SttEvent } from './speech-to-text.js';

/** What a recogniser was seen to do; it need not, so it is not taken for granted. */
export interface RecogniserTraits {
  /** It tells how far it has listened, so that its silence means something. */
  tellsHeard: boolean;
  /** It tells the times of its words, so that a word that it hears twice can be told from one that was said twice. */
  timesWords: boolean;
}

/** What the members of a line-up were seen to do, in all sessions so far. */
export class KnownTraits {
  readonly #traits = new Map<Member<SpeechToText>, RecogniserTraits>();

  of(member: Member<SpeechToText>): RecogniserTraits {
    let traits = this.#traits.get(member);
    if (!traits) this.#traits.set(member, (traits = { tellsHeard: false, timesWords: false }));
    return traits;
  }

  /** Learns from what a member says. */
  learn(member: Member<SpeechToText>, event: SttEvent): void {
    if (event.type === 'heard') this.of(member).tellsHeard = true;
    else if (event.type !== 'error' && event.text !== '')
      this.of(member).timesWords = event.words !== undefined;
  }
}
