import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage, TurnInfoMessage } from './deepgram-messages.js';
import { PendingFlushes } from './pending-flushes.js';
import { phraseOf, silence, wordsOf } from './spoken-words.js';
import {
  finalOf,
  finalsOf,
  noStep,
  partialOf,
  saying,
  type Transcript,
  type TranscriptStep,
} from './transcript.js';

/** What these events say about the end of the turn; they come only with `eager_eot_threshold`. */
const eagerness: Readonly<Record<string, boolean>> = { EagerEndOfTurn: true, TurnResumed: false };

export interface FluxTranscriptOptions {
  /** Whether the server knows `ForceEndTurn`; a self-hosted one may not. */
  readonly forceEndTurn: boolean;
}

/**
 * Flux's transcript. Each message repeats the turn so far, and `EndOfTurn` is its final. A flush asks for that end.
 * Outside a turn Flux does not answer, so the flush is answered as soon as Flux has processed the audio before it and
 * has no words. If words appear while a flush is pending, the end is requested again.
 *
 * Source: https://developers.deepgram.com/docs/flux/state and `…/flux/force-end-turn`
 */
export class FluxTranscript implements Transcript {
  readonly #forceEndTurn: boolean;
  readonly #flushes = new PendingFlushes();
  #sequence = -1;
  #turn = 0;
  /** Words of this turn that were not yet given as final. */
  #phrase = silence;
  /** How many words of this turn were given as final before it ended. */
  #givenWords = 0;
  #saidPartial = '';
  #heardSec = 0;

  constructor({ forceEndTurn }: FluxTranscriptOptions) {
    this.#forceEndTurn = forceEndTurn;
  }

  get pendingFlushes(): number {
    return this.#flushes.count;
  }

  take(message: DeepgramMessage, sentSec = Infinity): TranscriptStep {
    if (message.type !== 'TurnInfo') return noStep;
    const { sequence_id: sequence = this.#sequence + 1, turn_index: turn = this.#turn } = message;
    // Flux numbers its messages: late or repeated ones are out of date.
    if (sequence <= this.#sequence || turn < this.#turn) return noStep;
    this.#sequence = sequence;
    if (turn > this.#turn) this.#startTurn(turn);
    this.#heardSec = Math.min(message.audio_window_end ?? this.#heardSec, sentSec);
    const hadWords = this.#phrase.text !== '';
    this.#phrase = phraseOf(message.transcript, message.words, this.#givenWords);
    if (message.event === 'EndOfTurn') return saying(...this.#endOfTurn(message, turn));
    if (this.#phrase.text === '') return saying(...this.#nothingHeard());
    const events = this.#partial(eagerness[message.event]);
    return { events, asksForFinal: !hadWords && this.#forceEndTurn && this.pendingFlushes > 0 };
  }

  flush(atSec: number): TranscriptStep {
    const newest = this.#flushes.latestSec;
    const nothingNew = atSec <= this.#heardSec && this.#phrase.text === '';
    if (newest === undefined && nothingNew) return saying(finalOf(silence, atSec, true));
    this.#flushes.add(atSec);
    // Flux may have begun a turn that it has not reported yet; without a turn it ignores the request.
    return { events: [], asksForFinal: this.#forceEndTurn && (newest === undefined || newest < atSec) };
  }

  giveUpFlush(): TranscriptStep {
    if (this.#flushes.shift() === undefined) return noStep;
    const phrase = this.#phrase;
    this.#givenWords += wordsOf(phrase.text).length;
    this.#phrase = silence;
    this.#saidPartial = '';
    return saying(finalOf(phrase, this.#heardSec, true));
  }

  settle(): TranscriptStep {
    return noStep;
  }

  #endOfTurn({ trigger }: TurnInfoMessage, turn: number): SttEvent[] {
    const phrase = this.#phrase;
    this.#startTurn(turn + 1);
    // A requested end always answers the oldest flush.
    const asked = trigger === 'manual' ? this.#flushes.shift() : undefined;
    const settled = this.#flushes.settleByEndpoint(this.#heardSec);
    return finalsOf(phrase, this.#heardSec, asked === undefined ? settled : [asked, ...settled]);
  }

  #nothingHeard(): SttEvent[] {
    return finalsOf(silence, this.#heardSec, this.#flushes.settle(this.#heardSec));
  }

  #startTurn(turn: number): void {
    this.#turn = turn;
    this.#phrase = silence;
    this.#givenWords = 0;
    this.#saidPartial = '';
  }

  #partial(endLikely?: boolean): SttEvent[] {
    if (this.#phrase.text === this.#saidPartial && endLikely === undefined) return [];
    this.#saidPartial = this.#phrase.text;
    return [partialOf(this.#phrase, endLikely)];
  }
}
