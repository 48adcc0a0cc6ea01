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

export interface FluxTranscriptOptions {
  /** Whether the server knows `ForceEndTurn`; a self-hosted one may not. */
  readonly forceEndTurn: boolean;
}

/**
 * Flux's words. Each message repeats the turn so far, and `EndOfTurn` is its final. A flush asks
 * for that end. Outside a turn Flux does not answer, so the flush is answered as soon as Flux has heard the audio up to it
 * and still has no turn; a turn that begins only then is asked to end again.
 *
 * Source: https://developers.deepgram.com/docs/flux/state and `…/flux/force-end-turn`
 */
export class FluxTranscript implements Transcript {
  readonly #forceEndTurn: boolean;
  readonly #flushes = new PendingFlushes();
  #sequence = -1;
  #turn = 0;
  /** Words of this turn, without those that were given as final already. */
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

  take(message: DeepgramMessage): TranscriptStep {
    if (message.type !== 'TurnInfo') return noStep;
    // Flux numbers its messages: one that comes late or twice is out of date.
    if (message.sequence_id <= this.#sequence || message.turn_index < this.#turn) return noStep;
    this.#sequence = message.sequence_id;
    if (message.turn_index > this.#turn) this.#startTurn(message.turn_index);
    this.#heardSec = message.audio_window_end;
    const hadWords = this.#phrase.text !== '';
    this.#phrase = phraseOf(message.transcript, message.words, this.#givenWords);
    if (message.event === 'EndOfTurn') return saying(...this.#endOfTurn(message));
    if (this.#phrase.text === '') return saying(...this.#nothingHeard());
    const events = this.#partial();
    return { events, asksForFinal: !hadWords && this.#forceEndTurn && this.pendingFlushes > 0 };
  }

  flush(atSec: number): TranscriptStep {
    const newest = this.#flushes.latestSec;
    const nothingNew = atSec <= this.#heardSec && this.#phrase.text === '';
    if (newest === undefined && nothingNew) return saying(finalOf(silence, atSec, true));
    this.#flushes.add(atSec);
    // Flux may know of a turn that has not been reported yet; without a turn it ignores this.
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

  #endOfTurn({ trigger, turn_index: turn }: TurnInfoMessage): SttEvent[] {
    const phrase = this.#phrase;
    this.#startTurn(turn + 1);
    // An end that was asked for answers the oldest flush in any case.
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

  #partial(): SttEvent[] {
    if (this.#phrase.text === this.#saidPartial) return [];
    this.#saidPartial = this.#phrase.text;
    return [partialOf(this.#phrase)];
  }
}
