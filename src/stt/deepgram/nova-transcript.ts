import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage, ResultsMessage, UtteranceEndMessage } from './deepgram-messages.js';
import { PendingFlushes, roundingSec } from './pending-flushes.js';
import { dropWords, wordsOf } from './spoken-words.js';
import { finalOf, noStep, saying, type Transcript, type TranscriptStep } from './transcript.js';

interface Segment {
  readonly startSec: number;
  readonly text: string;
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
  #interim = '';
  #saidPartial = '';
  /** Results end here at the latest: what an interim result says about earlier audio is out of date. */
  #finalSec = 0;
  /** Utterances up to here have ended; a result that tells of them once more is dropped. */
  #answeredSec = 0;
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
    if (newest === undefined && nothingNew) return saying(finalOf(''));
    this.#flushes.add(atSec);
    const asksForFinal = newest === undefined || newest < atSec;
    if (asksForFinal) this.#requestsSec.push(atSec);
    return { events: [], asksForFinal };
  }

  giveUpFlush(): TranscriptStep {
    if (this.#flushes.shift() === undefined) return noStep;
    const text = join(this.#text(), this.#interim);
    this.#givenWords += wordsOf(this.#interim).length;
    this.#endUtterance(this.#finalSec);
    return saying(finalOf(text));
  }

  #results(message: ResultsMessage): SttEvent[] {
    const endSec = message.start + message.duration;
    const text = this.#newWords(message);
    if (!message.is_final) return this.#interimResult(text, endSec);

    const isRepeated = this.#segments.some(({ startSec }) => startSec === message.start);
    if (text !== '' && !isRepeated) this.#addSegment({ startSec: message.start, text });
    this.#finalSec = Math.max(this.#finalSec, endSec);
    this.#givenWords = 0;
    this.#interim = '';
    if (message.from_finalize) return this.#finalized(endSec);
    return message.speech_final ? this.#endpointed(endSec) : this.#partial();
  }

  #interimResult(text: string, endSec: number): SttEvent[] {
    if (endSec <= this.#finalSec) return [];
    this.#interim = text;
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

  /** Ends the utterance: a final if there are words, and one for each flush, the first of which gets the words. */
  #end(endSec: number, settledFlushes: number): SttEvent[] {
    const text = this.#text();
    this.#endUtterance(endSec);
    const finals = Math.max(settledFlushes, text === '' ? 0 : 1);
    return Array.from({ length: finals }, (_, index) => finalOf(index === 0 ? text : ''));
  }

  #endUtterance(endSec: number): void {
    this.#segments = [];
    this.#interim = '';
    this.#saidPartial = '';
    this.#answeredSec = Math.max(this.#answeredSec, endSec);
    this.#finalSec = Math.max(this.#finalSec, endSec);
  }

  #partial(): SttEvent[] {
    const text = join(this.#text(), this.#interim);
    if (text === '' || text === this.#saidPartial) return [];
    this.#saidPartial = text;
    return [{ type: 'partial', text }];
  }

  /** Segments come in order, except over a connection that mixes them up. */
  #addSegment(segment: Segment): void {
    this.#segments.push(segment);
    this.#segments.sort((one, other) => one.startSec - other.startSec);
  }

  #text(): string {
    return this.#segments.map(({ text }) => text).join(' ');
  }

  /** The transcript, without what was said already. */
  #newWords({ start, duration, channel }: ResultsMessage): string {
    if (start + duration / 2 < this.#answeredSec) return '';
    return dropWords(channel.alternatives[0]?.transcript ?? '', this.#givenWords);
  }
}

function join(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(' ');
}
