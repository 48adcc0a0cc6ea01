/** What a simulated recogniser hears: content for {@link DeepgramSimulator}. */

/** A word and its place in the audio of one connection. */
export interface SpokenWord {
  readonly word: string;
  readonly startSec: number;
  readonly endSec: number;
}

/** Listens to one connection. */
export interface SimulatedEar {
  /** Takes the next audio. `isSpeech`: it is loud enough to be a voice. */
  hear(samples: Int16Array, isSpeech: boolean): void;
  /** All words said so far must be known when this is over: someone asks for the final, or the speaker has paused. */
  settle(): void | Promise<void>;
  /** The words known so far, in order; a word once given stays. */
  readonly words: readonly SpokenWord[];
}

/** Makes an ear for each connection. */
export type SimulatedHearing = (sampleRateHz: number) => SimulatedEar;

/** Something said at a fixed place in the audio. */
export interface ScriptedSpeech {
  readonly text: string;
  /** Where it begins, counted from the first sample of the connection. */
  readonly atMs: number;
  /** @default 300 for each word */
  readonly durationMs?: number;
}

/** Hears each line of a script when the audio has passed it, whatever the audio holds. */
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

/** While somebody speaks, a word becomes known in each such time. */
const secPerWord = 0.25;
/** A pause that ends a stretch of speech. */
const pauseSec = 0.4;

/**
 * Hears something in each stretch of speech, whatever is said in it: the first text in the first, and so on. A stretch
 * ends with a pause of 400 ms or when a final is asked for. All connections together go through the texts once; a
 * function is asked for every stretch.
 */
export function hearingInTurn(texts: readonly string[] | ((stretch: number) => string)): SimulatedHearing {
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
      // The last word is known for sure only when the speaker has stopped.
      if (word !== undefined && words.length < all.length - 1 && endSec <= nowSec)
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

/** The words of a text, evenly over a time. */
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
