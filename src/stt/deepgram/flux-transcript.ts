import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage, TurnInfoMessage } from './deepgram-messages.js';
import { PendingFlushes } from './pending-flushes.js';
import { dropWords, wordsOf } from './spoken-words.js';
import { finalOf, noStep, saying, type Transcript, type TranscriptStep } from './transcript.js';

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
  #text = '';
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
    const hadWords = this.#text !== '';
    this.#text = dropWords(message.transcript, this.#givenWords);
    if (message.event === 'EndOfTurn') return saying(...this.#endOfTurn(message));
    if (this.#text === '') return saying(...this.#nothingHeard());
    const events = this.#partial();
    return { events, asksForFinal: !hadWords && this.#forceEndTurn && this.pendingFlushes > 0 };
  }

  flush(atSec: number): TranscriptStep {
    const newest = this.#flushes.latestSec;
    const nothingNew = atSec <= this.#heardSec && this.#text === '';
    if (newest === undefined && nothingNew) return saying(finalOf(''));
    this.#flushes.add(atSec);
    // Flux may know of a turn that has not been reported yet; without a turn it ignores this.
    return { events: [], asksForFinal: this.#forceEndTurn && (newest === undefined || newest < atSec) };
  }

  giveUpFlush(): TranscriptStep {
    if (this.#flushes.shift() === undefined) return noStep;
    const text = this.#text;
    this.#givenWords += wordsOf(text).length;
    this.#text = '';
    this.#saidPartial = '';
    return saying(finalOf(text));
  }

  #endOfTurn({ trigger, turn_index: turn }: TurnInfoMessage): SttEvent[] {
    const text = this.#text;
    this.#startTurn(turn + 1);
    // An end that was asked for answers the oldest flush in any case.
    const asked = trigger === 'manual' && this.#flushes.shift() !== undefined ? 1 : 0;
    const settled = asked + this.#flushes.settleByEndpoint(this.#heardSec);
    const finals = Math.max(settled, text === '' ? 0 : 1);
    return Array.from({ length: finals }, (_, index) => finalOf(index === 0 ? text : ''));
  }

  #nothingHeard(): SttEvent[] {
    return Array.from({ length: this.#flushes.settle(this.#heardSec) }, () => finalOf(''));
  }

  #startTurn(turn: number): void {
    this.#turn = turn;
    this.#text = '';
    this.#givenWords = 0;
    this.#saidPartial = '';
  }

  #partial(): SttEvent[] {
    if (this.#text === this.#saidPartial) return [];
    this.#saidPartial = this.#text;
    return [{ type: 'partial', text: this.#text }];
  }
}
