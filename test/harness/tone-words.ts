/**
 * Words that a part of them identifies: each is a distinct tone. So the exact words in audio that was cut anywhere are known,
 * which shows whether one was lost or doubled.
 */
import type { SimulatedHearing, SpokenWord } from '#src/simulators/simulated-hearing.js';

/** In the order of their tones. */
export const toneWords = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;

/** Length of each word, and of the gap after it. */
export const toneWordMs = 240;
export const toneGapMs = 60;
const amplitude = 6000;
const lowestHz = 200;
const stepHz = 100;
const windowMs = 20;

/** Makes the audio of words, each followed by its gap. Throws a TypeError for a word without a tone. */
export function sayTones(words: readonly string[], sampleRateHz: number): Int16Array {
  const each = ((toneWordMs + toneGapMs) * sampleRateHz) / 1000;
  const samples = new Int16Array(words.length * each);
  for (const [place, word] of words.entries()) samples.set(toneOf(word, sampleRateHz), place * each);
  return samples;
}

/** By word and rate: suites say the same words a thousand times. */
const tones = new Map<string, Int16Array>();

function toneOf(word: string, sampleRateHz: number): Int16Array {
  const key = `${word} ${sampleRateHz}`;
  const made = tones.get(key);
  if (made) return made;
  const tone = toneWords.findIndex((known) => known === word);
  if (tone === -1) throw new TypeError(`${word} has no tone.`);
  const radians = (2 * Math.PI * (lowestHz + stepHz * tone)) / sampleRateHz;
  const samples = Int16Array.from({ length: (toneWordMs * sampleRateHz) / 1000 }, (_, i) =>
    Math.round(amplitude * Math.sin(radians * i + 0.1)),
  );
  tones.set(key, samples);
  return samples;
}

/** A word is recognised when this much of it was heard. */
const neededMs = 0.6 * toneWordMs;

interface Run {
  readonly word: string;
  readonly startSec: number;
  endSec: number;
  isKnown: boolean;
}

/**
 * Recognises words of which enough was heard. A final in the middle of a word contains it if enough of it was heard;
 * otherwise the next final does. Takes audio in frames of 20 ms.
 */
export const toneHearing: SimulatedHearing = (sampleRateHz) => {
  const words: SpokenWord[] = [];
  let run: Run | null = null;
  let nowSec = 0;
  const settle = (): void => {
    if (!run || run.isKnown || (run.endSec - run.startSec) * 1000 < neededMs) return;
    run.isKnown = true;
    words.push({ ...run });
  };
  return {
    words,
    hear(samples, isSpeech) {
      const startSec = nowSec;
      nowSec += samples.length / sampleRateHz;
      const word = isSpeech ? wordOf(samples, sampleRateHz) : undefined;
      if (run && run.word === word) {
        run.endSec = nowSec;
        return;
      }
      settle();
      run = word === undefined ? null : { word, startSec, endSec: nowSec, isKnown: false };
    },
    settle,
  };
};

function wordOf(samples: Int16Array, sampleRateHz: number): string | undefined {
  let crossings = 0;
  for (let i = 1; i < samples.length; i++)
    if ((samples[i] ?? 0) >= 0 !== (samples[i - 1] ?? 0) >= 0) crossings++;
  const seconds = samples.length / sampleRateHz;
  const hz = crossings / 2 / (seconds > 0 ? seconds : windowMs / 1000);
  return toneWords[Math.round((hz - lowestHz) / stepHz)];
}
