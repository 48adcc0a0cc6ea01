import type { TimedWord } from '../../audio/timed-word.js';
import type { SttEvent } from '../speech-to-text.js';
import {
  answersOf,
  finalOf,
  FlushQueue,
  noStep,
  partialOf,
  phraseOf,
  silence,
  withoutFirst,
  wordsOf,
  type LiveStep,
  type LiveTranscript,
  type Phrase,
} from '../live-transcript.js';

/** What Scribe says about the transcript. */
export type ScribeNews =
  | { readonly type: 'partial'; readonly text: string }
  /** A segment is final. */
  | { readonly type: 'plain'; readonly text: string }
  /** The same, with word times. */
  | { readonly type: 'timed'; readonly text: string; readonly words: readonly TimedWord[] }
  /** A commit was ignored: there was too little audio. */
  | { readonly type: 'throttled' };

export interface ScribeTranscriptOptions {
  /** Whether word times were asked for: then each segment comes twice. */
  readonly isTimed: boolean;
  /** Whether Scribe ends segments where the caller seems to have finished. */
  readonly endsUtterances: boolean;
}

/** How long a segment is held for its word times. */
const timesMs = 300;

/**
 * Scribe's transcript. A flush is a commit, and the committed segment answers it. Scribe also commits by itself: with its
 * own detection of the end of speech, and after half a minute without a commit. After a commit it may repeat the partial that it has just
 * committed; such a repetition counts only when the caller speaks again.
 *
 * Sources: https://elevenlabs.io/docs/eleven-api/guides/how-to/speech-to-text/realtime/transcripts-and-commit-strategies,
 * https://github.com/pipecat-ai/pipecat/issues/5197 (repeated partials), https://github.com/pipecat-ai/pipecat/issues/5196 (two
 * messages for a segment)
 */
export class ScribeTranscript implements LiveTranscript<ScribeNews> {
  readonly #options: ScribeTranscriptOptions;
  readonly #flushes = new FlushQueue();
  /** The latest partial of this segment, without the words that were given as final. */
  #phrase: Phrase = silence;
  /** How many words of this segment were given as final before its commit. */
  #givenWords = 0;
  /** A flush was given up with words, so that its segment is still to come, and answers no later flush. */
  #isOwed = false;
  /** The text of the latest segment, until the caller speaks again. */
  #echo: string | null = null;
  #held: string | null = null;
  /** The latest segment that was given: its other message may follow. */
  #twin: { readonly type: 'plain' | 'timed'; readonly text: string } | null = null;
  #saidPartial = '';
  #flushedMs = 0;
  #untilMs = 0;

  constructor(options: ScribeTranscriptOptions) {
    this.#options = options;
  }

  get pendingFlushes(): number {
    return this.#flushes.count;
  }

  take(news: ScribeNews): LiveStep {
    switch (news.type) {
      case 'partial':
        return { events: this.#partial(news.text) };
      case 'plain':
        return this.#plain(news.text);
      case 'timed':
        return { events: this.#timed(news.text, news.words) };
      case 'throttled':
        return { events: answersOf(silence, this.#flushes.shiftEqual()) };
    }
  }

  speechStarted(): void {
    this.#echo = null;
  }

  flush(atMs: number): LiveStep {
    const isAsked = this.#flushes.latestMs === atMs;
    if (atMs <= this.#flushedMs && !isAsked && this.pendingFlushes === 0)
      return { events: [finalOf(silence, atMs, true)] };
    this.#flushedMs = atMs;
    this.#flushes.add(atMs);
    return { events: [], asksForFinal: !isAsked };
  }

  giveUpFlush(): LiveStep {
    if (this.#flushes.shift() === undefined) return noStep;
    const phrase = this.#held === null ? this.#phrase : this.#rest(phraseOf(this.#held, []));
    // The second one in a row: whatever is to come, it cannot be told for which flush it is.
    this.#isOwed = phrase.text !== '' && this.#held === null && !this.#isOwed;
    if (this.#held === null) this.#givenWords += wordsOf(phrase.text).length;
    else this.#closeSegment('plain', this.#held);
    this.#phrase = silence;
    this.#saidPartial = '';
    return { events: [finalOf(phrase, this.#untilMs, true)] };
  }

  settle(): LiveStep {
    return this.#held === null ? noStep : { events: this.#commit('plain', phraseOf(this.#held, [])) };
  }

  #plain(text: string): LiveStep {
    if (!this.#options.isTimed) return { events: this.#commit('plain', phraseOf(text, [])) };
    if (this.#isTwin('timed', text)) return noStep;
    const events = this.#held === null ? [] : this.#commit('plain', phraseOf(this.#held, []));
    this.#held = text;
    return { events, settleInMs: timesMs };
  }

  #timed(text: string, words: readonly TimedWord[]): SttEvent[] {
    // Language detection makes it send them, too.
    if (!this.#options.isTimed || this.#isTwin('plain', text)) return [];
    return this.#commit('timed', phraseOf(text, words));
  }

  /** Whether the other message of this segment was given. */
  #isTwin(given: 'plain' | 'timed', text: string): boolean {
    if (this.#twin?.type !== given || this.#twin.text !== text || this.#held !== null) return false;
    this.#twin = null;
    return true;
  }

  #commit(type: 'plain' | 'timed', segment: Phrase): SttEvent[] {
    const phrase = this.#rest(segment);
    const isLate = this.#isOwed;
    // A held message was the first one of this segment, so that no other follows.
    const wasHeld = this.#held !== null;
    this.#closeSegment(type, segment.text);
    if (wasHeld && type === 'timed') this.#twin = null;
    const answered = isLate ? [] : this.#flushes.shiftEqual();
    const endMs = answered.at(-1) ?? phrase.words?.at(-1)?.endMs;
    if (endMs !== undefined) this.#untilMs = Math.max(this.#untilMs, endMs);
    if (answered.length > 0) return answersOf(phrase, answered);
    if (phrase.text === '') return [];
    const final = finalOf(phrase, endMs === undefined ? null : this.#untilMs, false);
    return [{ ...final, endOfUtterance: this.#options.endsUtterances || isLate } as SttEvent];
  }

  #closeSegment(type: 'plain' | 'timed', text: string): void {
    this.#twin = { type, text };
    this.#echo = text;
    this.#held = null;
    this.#isOwed = false;
    this.#givenWords = 0;
    this.#phrase = silence;
    this.#saidPartial = '';
  }

  #rest(phrase: Phrase): Phrase {
    return withoutFirst(phrase, this.#givenWords);
  }

  #partial(text: string): SttEvent[] {
    const whole = phraseOf(text, []);
    if (whole.text === this.#echo) return [];
    const phrase = this.#rest(whole);
    if (phrase.text === '' || phrase.text === this.#saidPartial) return [];
    this.#phrase = phrase;
    this.#saidPartial = phrase.text;
    return [partialOf({ text: phrase.text })];
  }
}
