import type { TimedWord } from '../../audio/timed-word.js';
import { afterTakeover, type Said, type Takeover } from './replayed-words.js';

/** Bounds the memory of a long call. Servers repeat their last segment, never much older words. */
const rememberedWords = 200;

/**
 * The words of one recogniser's finals. An answer's words count even if their times lie before earlier words of the stream:
 * some servers count each answer from zero. Only the same words at the same times are a repetition, unless the stream's times
 * have proved wrong. Two answers from zero may happen to have the same words and times, so an answer to new speech is never
 * a repetition as a whole.
 */
export class GivenWords {
  #recent: readonly TimedWord[] = [];
  #timesAreWrong = false;

  /** Remembers the words of a final, in the recogniser's own times. */
  take(words: readonly TimedWord[] = []): void {
    this.#recent = [...this.#recent, ...words].slice(-rememberedWords);
  }

  /**
   * The new words of an answer to a flush. `saidBeforeMs`: the end of the last word of the streams before this one.
   * `followsSpeech`: something was said since the last answer. Words with impossible times are returned without times; they
   * count as said at the flush.
   */
  answer(event: Said, takeover: Takeover, saidBeforeMs: number, followsSpeech: boolean): Said {
    const byTimes = afterTakeover(event, takeover);
    const own = afterTakeover(event, { ...takeover, saidUntilMs: saidBeforeMs });
    if (!own.words || own.words.length === byTimes.words?.length) return byTimes;
    const { startMs } = takeover;
    const news = own.words.filter((word) => this.#timesAreWrong || !this.#has(word, startMs));
    const fresh = news.length === 0 && followsSpeech ? own.words : news;
    if (fresh.length <= (byTimes.words?.length ?? 0)) return byTimes;
    this.#timesAreWrong = true;
    return { text: fresh.length === own.words.length ? own.text : fresh.map(({ text }) => text).join(' ') };
  }

  #has({ text, startMs, endMs }: TimedWord, offsetMs: number): boolean {
    return this.#recent.some(
      (known) =>
        known.text === text &&
        isSame(known.startMs + offsetMs, startMs) &&
        isSame(known.endMs + offsetMs, endMs),
    );
  }
}

/** Times that differ only by rounding are the same. */
function isSame(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) < 1;
}
