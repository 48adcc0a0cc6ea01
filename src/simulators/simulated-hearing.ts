/** The words that a simulated recogniser hears. */

/** A word and its position in the audio of one connection. */
export interface SpokenWord {
  readonly word: string;
  readonly startSec: number;
  readonly endSec: number;
}

/** Listens to one connection. */
export interface SimulatedEar {
  /** Takes the next audio. `isSpeech`: loud enough for a voice. */
  hear(samples: Int16Array, isSpeech: boolean): void;
  /** Makes all words so far known: a final is requested, or the speaker has paused. */
  settle(): void | Promise<void>;
  /** The words known so far, in order; words are never removed. */
  readonly words: readonly SpokenWord[];
}

/** Makes an ear for each connection. */
export type SimulatedHearing = (sampleRateHz: number) => SimulatedEar;

/** Speech at a fixed position in the audio. */
export interface ScriptedSpeech {
  readonly text: string;
  /** Its begin, from the connection's first sample. */
  readonly atMs: number;
  /** @default 300 for each word */
  readonly durationMs?: number;
}

/** Recognises each line of a script when the audio has passed it, regardless of the audio's content. */
export function scriptedHearing(script: readonly ScriptedSpeech[]): SimulatedHearing {
  const all = script.flatMap(({ text, atMs, durationMs }) => {
    const count = wordsOf(text).length;
    return spread(text, atMs / 1000, (atMs + (durationMs ?? 300 * count)) / 1000);
  });
  return (sampleRateHz) => {
    let samplesHeard = 0;
    return {
      hear(samples) {
        samplesHeard += samples.length;
      },
      settle: () => undefined,
      get words() {
        return all.filter(({ endSec }) => endSec <= samplesHeard / sampleRateHz);
      },
    };
  };
}

/** During speech, one word becomes known per this time. */
const secPerWord = 0.25;
/** A pause that ends a stretch of speech. */
const pauseSec = 0.4;

export interface HearingInTurnOptions {
  /**
   * When the last word of a stretch becomes known: `at_end`, when the stretch ends, so that no interim result has it; or
   * `in_time`, like the others. Recognisers differ, and so do words (https://developers.deepgram.com/docs/interim-results).
   * @default 'at_end'
   */
  readonly lastWord?: 'at_end' | 'in_time';
}

/**
 * Recognises the next text in each stretch of speech, regardless of what is said. A stretch ends with a pause of 400 ms or
 * when a final is requested. All connections share one pass through the texts; a function is called for every stretch.
 */
export function hearingInTurn(
  texts: readonly string[] | ((stretch: number) => string),
  { lastWord = 'at_end' }: HearingInTurnOptions = {},
): SimulatedHearing {
  const textOf = typeof texts === 'function' ? texts : (index: number): string => texts[index] ?? '';
  let stretch = 0;
  return (sampleRateHz) => {
    const known: SpokenWord[] = [];
    let nowSec = 0;
    let speaking: { readonly startSec: number; lastSec: number; readonly words: SpokenWord[] } | null = null;

    const endStretch = (): void => {
      if (!speaking) return;
      const rest = wordsOf(textOf(stretch++)).slice(speaking.words.length);
      const fromSec = speaking.words.at(-1)?.endSec ?? speaking.startSec;
      known.push(...speaking.words, ...spread(rest.join(' '), fromSec, Math.max(fromSec, speaking.lastSec)));
      speaking = null;
    };
    const revealWord = (): void => {
      if (!speaking) return;
      const { words, startSec } = speaking;
      const all = wordsOf(textOf(stretch));
      const word = all[words.length];
      const endSec = startSec + (words.length + 1) * secPerWord;
      const isKnown = lastWord === 'in_time' || words.length < all.length - 1;
      if (word !== undefined && isKnown && endSec <= nowSec)
        words.push({ word, startSec: endSec - secPerWord, endSec });
    };
    return {
      hear(samples, isSpeech) {
        nowSec += samples.length / sampleRateHz;
        if (isSpeech) {
          speaking ??= { startSec: nowSec - samples.length / sampleRateHz, lastSec: nowSec, words: [] };
          speaking.lastSec = nowSec;
          revealWord();
        } else if (speaking && nowSec - speaking.lastSec >= pauseSec) endStretch();
      },
      settle: endStretch,
      get words() {
        return speaking ? [...known, ...speaking.words] : known;
      },
    };
  };
}

/** Spreads the words of a text evenly over a time. */
export function spread(text: string, startSec: number, endSec: number): SpokenWord[] {
  const words = wordsOf(text);
  const each = (endSec - startSec) / Math.max(1, words.length);
  return words.map((word, index) => ({
    word,
    startSec: startSec + index * each,
    endSec: startSec + (index + 1) * each,
  }));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
