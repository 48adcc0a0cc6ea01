import { delay, type Clock } from '#src/core/clock.js';
import type { SpeechToText } from '#src/providers/speech-to-text.js';

/** Words and their position in the caller's audio. */
export interface TimedSpeech {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimedRecogniserOptions {
  readonly clock: Clock;
  readonly speech: readonly TimedSpeech[];
  /** Time from a flush to its answer. @default 100 */
  readonly answersAfterMs?: number;
  /** Whether it gives partials; each word appears at the end of the next. @default true */
  readonly partials?: boolean;
}

/**
 * A recogniser that returns the scripted words at their times and nothing else, for audio whose words the test knows and
 * whose noise contains none.
 */
export function timedRecogniser({
  clock,
  speech,
  answersAfterMs = 100,
  partials = true,
}: TimedRecogniserOptions): SpeechToText {
  return {
    name: 'timed',
    accepts: { encodings: ['linear16'], sampleRatesHz: 'any' },
    open({ onEvent, signal }) {
      let heardMs = 0;
      let answered = 0;
      let guess = '';
      const tell = (event: Parameters<typeof onEvent>[0]): void => {
        if (!signal.aborted) onEvent(event);
      };
      const guessAt = (ms: number): string => {
        const saying = speech.find(({ fromMs }, index) => index >= answered && fromMs < ms);
        if (!saying) return '';
        const words = saying.text.split(' ');
        const eachMs = (saying.toMs - saying.fromMs) / words.length;
        return words.slice(0, Math.floor((ms - saying.fromMs) / eachMs)).join(' ');
      };
      return {
        write({ samples, sampleRateHz }) {
          heardMs += (samples.length / sampleRateHz) * 1000;
          const now = partials ? guessAt(heardMs) : '';
          if (now === guess) return;
          guess = now;
          if (now !== '') tell({ type: 'partial', text: now });
        },
        flush() {
          const said = speech.slice(answered).filter(({ fromMs }) => fromMs < heardMs);
          answered += said.length;
          const text = said.map((part) => part.text).join(' ');
          const answer = (): void => tell({ type: 'final', text, endOfUtterance: true });
          delay(clock, answersAfterMs, signal).then(answer, () => undefined);
        },
        close: () => Promise.resolve(),
      };
    },
  };
}
