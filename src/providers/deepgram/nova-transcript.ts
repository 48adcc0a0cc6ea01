import type { SttEvent } from '../speech-to-text.js';
import type {
  DeepgramMessage,
  ResultsMessage,
  UtteranceEndMessage,
  WordMessage,
} from './deepgram-messages.js';
import { PendingFlushes, roundingSec } from './pending-flushes.js';
import { joined, phraseOf, silence, wordsOf, type Phrase } from './spoken-words.js';
import {
  finalOf,
  finalsOf,
  noStep,
  partialOf,
  saying,
  segmentOf,
  type Transcript,
  type TranscriptStep,
} from './transcript.js';

/** A span of the audio, in seconds. */
interface Span {
  readonly startSec: number;
  readonly endSec: number;
}

interface Segment {
  readonly startSec: number;
  readonly phrase: Phrase;
}

/** A final that has arrived. */
interface KnownFinal {
  readonly startSec: number;
  readonly transcript: string;
}

/** A flush follows some silence: a final that ends at most this long before it has all the words. */
const trailingSilenceSec = 0.1;
/** How long an answer without words is held: missing words come with the next messages, if at all. */
const settleInMs = 150;
/** How many gaps and finals are remembered. */
const rememberedSpans = 16;

/**
 * Nova's transcript. Final segments replace interim results. The segments since the last end are one utterance. It ends
 * with `speech_final`, the answer to a `Finalize`, or `UtteranceEnd`, whichever comes first; the others then have no
 * effect. How often results come means nothing.
 *
 * Sources: https://developers.deepgram.com/docs/understand-endpointing-interim-results and `…/docs/finalize`, which
 * does not promise an answer; logs of results in https://github.com/pipecat-ai/pipecat/pull/1261 and
 * https://github.com/jambonz/jambonz-feature-server/issues/1368
 */
export class NovaTranscript implements Transcript {
  readonly #flushes = new PendingFlushes();
  /** Positions of requests for a final that Deepgram has not answered; it may never answer. */
  #requestsSec: number[] = [];
  #segments: Segment[] = [];
  #interim = silence;
  /** End of the audio that the interim result covers. */
  #interimSec = 0;
  #saidPartial = '';
  /** End of the audio that finals cover; interim results for earlier audio are out of date. */
  #finalSec = 0;
  /** Utterances before this position have ended; further results for them are dropped. */
  #answeredSec = 0;
  /** Gaps between finals: a late final for a gap has new words. */
  #gaps: Span[] = [];
  #knownFinals: KnownFinal[] = [];
  /** End of a held answer without words, since words may follow; null if none is held. */
  #heldSec: number | null = null;
  /** How many interim words answered a flush that timed out: Deepgram's own final will begin with them. */
  #givenWords = 0;

  /** Whether a flush came after the last start of speech; null if starts of speech are not reported. */
  #isQuiet: boolean | null = null;

  get pendingFlushes(): number {
    return this.#flushes.count;
  }

  take(message: DeepgramMessage, sentSec = Infinity): TranscriptStep {
    if (message.type === 'Results') {
      const wasHeld = this.#heldSec !== null;
      const events = this.#results(message, sentSec);
      const isHeld = this.#heldSec !== null && !wasHeld;
      return { ...saying(...events), ...(isHeld && { settleInMs }) };
    }
    if (message.type === 'UtteranceEnd') return saying(...this.#utteranceEnd(message));
    return noStep;
  }

  speechStarted(): void {
    this.#isQuiet = false;
  }

  flush(atSec: number): TranscriptStep {
    if (this.#isQuiet !== null) this.#isQuiet = true;
    const newest = this.#flushes.latestSec;
    const nothingNew = atSec <= this.#answeredSec + roundingSec && this.#segments.length === 0;
    // Without new audio since the last answer Deepgram may not answer, so answer here.
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

  settle(): TranscriptStep {
    return this.#heldSec === null ? noStep : saying(...this.#finalized(this.#heldSec));
  }

  #results(message: ResultsMessage, sentSec: number): SttEvent[] {
    const span = this.#spanOf(message, sentSec);
    if (!message.is_final) return this.#interimResult(message, span);
    const phrase = this.#newWords(message, span);
    const isEarly = span.startSec > this.#finalSec + roundingSec;
    const knewWords = this.#interim.text !== '';
    this.#note(message, span, isEarly);
    if (phrase.text !== '') this.#addSegment({ startSec: span.startSec, phrase });
    this.#finalSec = Math.max(this.#finalSec, span.endSec);
    this.#givenWords = 0;
    this.#interim = silence;
    const { endSec } = span;
    if (this.#heldSec !== null) return this.#finalized(Math.max(endSec, this.#heldSec));
    const leavesWordsOut =
      isEarly || knewWords || (this.#segments.length === 0 && !this.#reachesFlush(endSec));
    if (message.from_finalize && phrase.text === '' && this.#answersPendingFlush && leavesWordsOut) {
      this.#heldSec = endSec;
      return this.#partial();
    }
    if (message.from_finalize) return this.#finalized(endSec);
    if (message.speech_final) return this.#endpointed(endSec);
    if (phrase.text !== '' && this.#reachesFlush(endSec)) return this.#finalizedUnasked(endSec);
    if (this.#isLate(span)) return this.#end(this.#answeredSec, []);
    return this.#isQuiet && this.#flushes.count === 0 ? this.#afterAnswer(endSec) : this.#partial();
  }

  /** The message's span of the audio; missing times are taken from its words and from earlier finals. */
  #spanOf({ start, duration, channel }: ResultsMessage, sentSec: number): Span {
    const startSec = Math.min(start ?? this.#finalSec, sentSec);
    const wordsEndSec = channel.alternatives[0]?.words?.at(-1)?.end ?? startSec;
    const endSec = duration === undefined ? Math.max(startSec, wordsEndSec) : startSec + duration;
    return { startSec, endSec: Math.min(endSec, sentSec) };
  }

  #interimResult(message: ResultsMessage, span: Span): SttEvent[] {
    const { endSec } = span;
    if (endSec <= this.#finalSec || endSec < this.#interimSec) return [];
    this.#interim = this.#newWords(message, span);
    this.#interimSec = endSec;
    return this.#partial();
  }

  #finalized(endSec: number): SttEvent[] {
    // It answers the oldest request and so all audio before that, even if its own times end a little earlier.
    const untilSec = Math.max(endSec, this.#requestsSec.shift() ?? 0);
    this.#requestsSec = this.#requestsSec.filter((atSec) => atSec > untilSec + roundingSec);
    return this.#end(endSec, this.#flushes.settle(untilSec));
  }

  /**
   * A final that reaches the flush answers it, even without `from_finalize`. The answer to the request may still come.
   */
  #finalizedUnasked(endSec: number): SttEvent[] {
    return this.#end(endSec, this.#flushes.settle(endSec + trailingSilenceSec));
  }

  /** Words after the answer to the last flush: no flush will ask for them, and they do not belong to the next turn. */
  #afterAnswer(endSec: number): SttEvent[] {
    const phrase = this.#phrase();
    if (phrase.text === '') return [];
    this.#endUtterance(endSec);
    return [segmentOf(phrase, endSec)];
  }

  /** Whether the next answer is for a flush that is still pending. */
  get #answersPendingFlush(): boolean {
    const [askedSec = Infinity] = this.#requestsSec;
    const flushSec = this.#flushes.oldestSec;
    return flushSec !== undefined && askedSec + roundingSec >= flushSec;
  }

  #reachesFlush(endSec: number): boolean {
    const oldest = this.#flushes.oldestSec;
    return oldest !== undefined && oldest <= endSec + trailingSilenceSec + roundingSec;
  }

  #endpointed(endSec: number): SttEvent[] {
    return this.#segments.length === 0 ? [] : this.#end(endSec, this.#flushes.settleByEndpoint(endSec));
  }

  #utteranceEnd({ last_word_end: lastWordSec }: UtteranceEndMessage): SttEvent[] {
    if (this.#segments.length === 0 || (lastWordSec ?? Infinity) <= this.#answeredSec) return [];
    return this.#end(this.#finalSec, this.#flushes.settleByEndpoint(this.#finalSec));
  }

  #end(endSec: number, answeredSec: readonly number[]): SttEvent[] {
    const phrase = this.#phrase();
    this.#endUtterance(endSec);
    return finalsOf(phrase, endSec, answeredSec);
  }

  #endUtterance(endSec: number): void {
    this.#segments = [];
    this.#heldSec = null;
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

  /** Keeps the segments sorted, in case they arrive out of order. */
  #addSegment(segment: Segment): void {
    this.#segments.push(segment);
    this.#segments.sort((one, other) => one.startSec - other.startSec);
  }

  #phrase(): Phrase {
    return joined(...this.#segments.map(({ phrase }) => phrase));
  }

  #note({ channel }: ResultsMessage, { startSec }: Span, isEarly: boolean): void {
    const transcript = channel.alternatives[0]?.transcript ?? '';
    this.#knownFinals = [...this.#knownFinals, { startSec, transcript }].slice(-rememberedSpans);
    if (!isEarly) return;
    const gap = { startSec: this.#finalSec, endSec: startSec };
    this.#gaps = [...this.#gaps, gap].slice(-rememberedSpans);
  }

  /** The message's words that are new. */
  #newWords(message: ResultsMessage, span: Span): Phrase {
    const [best] = message.channel.alternatives;
    const text = best?.transcript || (best?.words ?? []).map(spelled).join(' ');
    const isNews =
      this.#answersRequest(message) ||
      (!this.#isRepeated(message, span) && (!this.#isOver(span) || this.#isLate(span)));
    if (!isNews) return silence;
    return phraseOf(text, best?.words, this.#givenWords);
  }

  #isRepeated({ channel, is_final: isFinal }: ResultsMessage, { startSec }: Span): boolean {
    if (!isFinal) return false;
    const transcript = channel.alternatives[0]?.transcript ?? '';
    return this.#knownFinals.some((known) => known.startSec === startSec && known.transcript === transcript);
  }

  /** Whether the span belongs to an utterance that has ended. */
  #isOver({ startSec, endSec }: Span): boolean {
    return (startSec + endSec) / 2 < this.#answeredSec;
  }

  /** Whether the span lies in a gap between earlier finals. */
  #isLate({ startSec, endSec }: Span): boolean {
    const middleSec = (startSec + endSec) / 2;
    return (
      middleSec < this.#answeredSec &&
      this.#gaps.some((gap) => middleSec >= gap.startSec && middleSec < gap.endSec)
    );
  }

  /** Whether this final answers a pending request: then its words count, whatever their times. */
  #answersRequest({ is_final: isFinal, from_finalize: fromFinalize }: ResultsMessage): boolean {
    return isFinal && fromFinalize && this.#requestsSec.length > 0;
  }
}

function spelled({ word, punctuated_word: text = word }: WordMessage): string {
  return text;
}
