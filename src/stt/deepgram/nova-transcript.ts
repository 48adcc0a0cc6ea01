import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage, ResultsMessage, UtteranceEndMessage } from './deepgram-messages.js';
import { PendingFlushes, roundingSec } from './pending-flushes.js';
import { joined, phraseOf, silence, wordsOf, type Phrase } from './spoken-words.js';
import {
  finalOf,
  finalsOf,
  noStep,
  partialOf,
  saying,
  type Transcript,
  type TranscriptStep,
} from './transcript.js';

interface Segment {
  readonly startSec: number;
  readonly phrase: Phrase;
}

/**
 * Nova's words. Interim results give way to final segments; the segments since the last end are one utterance, and it
 * ends with `speech_final`, with the answer to a `Finalize`, or with `UtteranceEnd`, whichever is first: the others
 * then find nothing left to end.
 *
 * Source: https://developers.deepgram.com/docs/understand-endpointing-interim-results
 */
export class NovaTranscript implements Transcript {
  readonly #flushes = new PendingFlushes();
  /** Where Deepgram was asked for a final and has not said one; it does not promise to. */
  #requestsSec: number[] = [];
  #segments: Segment[] = [];
  #interim = silence;
  /** How far the audio goes that the interim result knows of. */
  #interimSec = 0;
  #saidPartial = '';
  /** Results end here at the latest: what an interim result says about earlier audio is out of date. */
  #finalSec = 0;
  /** Utterances up to here have ended; a result that tells of them once more is dropped. */
  #answeredSec = 0;
  /** End of an answer to `Finalize` that overtook the final before it; null where none did. */
  #earlySec: number | null = null;
  /** Words that answered a flush before Deepgram did: it will begin its own final with them. */
  #givenWords = 0;

  get pendingFlushes(): number {
    return this.#flushes.count;
  }

  take(message: DeepgramMessage): TranscriptStep {
    if (message.type === 'Results') return saying(...this.#results(message));
    if (message.type === 'UtteranceEnd') return saying(...this.#utteranceEnd(message));
    return noStep;
  }

  flush(atSec: number): TranscriptStep {
    const newest = this.#flushes.latestSec;
    const nothingNew = atSec <= this.#answeredSec + roundingSec && this.#segments.length === 0;
    // Without audio since the last answer Deepgram has nothing to finalise, and may say nothing at all.
    if (newest === undefined && nothingNew) return saying(finalOf(silence, atSec, true));
    this.#flushes.add(atSec);
    const asksForFinal = newest === undefined || newest < atSec;
    if (asksForFinal) this.#requestsSec.push(atSec);
    return { events: [], asksForFinal };
  }

  giveUpFlush(): TranscriptStep {
    if (this.#flushes.shift() === undefined) return noStep;
    const phrase = joined(this.#phrase(), this.#interim);
    this.#givenWords += wordsOf(this.#interim.text).length;
    const heardSec = Math.max(this.#finalSec, this.#interimSec);
    this.#endUtterance(this.#finalSec);
    return saying(finalOf(phrase, heardSec, true));
  }

  #results(message: ResultsMessage): SttEvent[] {
    const endSec = message.start + message.duration;
    const phrase = this.#newWords(message);
    if (!message.is_final) return this.#interimResult(phrase, endSec);

    const isRepeated = this.#segments.some(({ startSec }) => startSec === message.start);
    if (phrase.text !== '' && !isRepeated) this.#addSegment({ startSec: message.start, phrase });
    // Finals leave no audio out, so another is on its way.
    const isEarly = message.start > this.#finalSec + roundingSec;
    this.#finalSec = Math.max(this.#finalSec, endSec);
    this.#givenWords = 0;
    this.#interim = silence;
    if (message.from_finalize && isEarly && this.#earlySec === null) {
      this.#earlySec = endSec;
      return this.#partial();
    }
    if (this.#earlySec !== null) return this.#finalized(Math.max(endSec, this.#earlySec));
    if (message.from_finalize) return this.#finalized(endSec);
    return message.speech_final ? this.#endpointed(endSec) : this.#partial();
  }

  #interimResult(phrase: Phrase, endSec: number): SttEvent[] {
    if (endSec <= this.#finalSec) return [];
    this.#interim = phrase;
    this.#interimSec = endSec;
    return this.#partial();
  }

  #finalized(endSec: number): SttEvent[] {
    // It answers the oldest request, and with it all the audio up to there, even where its own times end a little earlier.
    const untilSec = Math.max(endSec, this.#requestsSec.shift() ?? 0);
    this.#requestsSec = this.#requestsSec.filter((atSec) => atSec > untilSec + roundingSec);
    return this.#end(endSec, this.#flushes.settle(untilSec));
  }

  #endpointed(endSec: number): SttEvent[] {
    return this.#segments.length === 0 ? [] : this.#end(endSec, this.#flushes.settleByEndpoint(endSec));
  }

  #utteranceEnd({ last_word_end: lastWordSec }: UtteranceEndMessage): SttEvent[] {
    if (this.#segments.length === 0 || lastWordSec <= this.#answeredSec) return [];
    return this.#end(this.#finalSec, this.#flushes.settleByEndpoint(this.#finalSec));
  }

  #end(endSec: number, answeredSec: readonly number[]): SttEvent[] {
    const phrase = this.#phrase();
    this.#endUtterance(endSec);
    return finalsOf(phrase, endSec, answeredSec);
  }

  #endUtterance(endSec: number): void {
    this.#segments = [];
    this.#earlySec = null;
    this.#interim = silence;
    this.#saidPartial = '';
    this.#answeredSec = Math.max(this.#answeredSec, endSec);
    this.#finalSec = Math.max(this.#finalSec, endSec);
  }

  #partial(): SttEvent[] {
    const phrase = joined(this.#phrase(), this.#interim);
    if (phrase.text === '' || phrase.text === this.#saidPartial) return [];
    this.#saidPartial = phrase.text;
    return [partialOf(phrase)];
  }

  /** Segments come in order, except over a connection that mixes them up. */
  #addSegment(segment: Segment): void {
    this.#segments.push(segment);
    this.#segments.sort((one, other) => one.startSec - other.startSec);
  }

  #phrase(): Phrase {
    return joined(...this.#segments.map(({ phrase }) => phrase));
  }

  /** The transcript, without what was said already. */
  #newWords({ start, duration, channel }: ResultsMessage): Phrase {
    if (start + duration / 2 < this.#answeredSec) return silence;
    const [best] = channel.alternatives;
    return phraseOf(best?.transcript ?? '', best?.words, this.#givenWords);
  }
}
