/**
 * A voice whose words can be decoded from a recording: each character is a chord of two tones, 60 ms long, like DTMF.
 * So the caller's audio alone shows what was heard, independent of the relay.
 */
import { isAudible } from '../audio/level.js';
import type { SimulatedVoice } from '../simulators/simulated-voice.js';

/** How long each character sounds. */
export const toneCharacterMs = 60;
const amplitude = 6000;
const lowHz = [500, 650, 800, 950, 1100, 1250] as const;
const highHz = [1500, 1700, 1900, 2100, 2300, 2500, 2700] as const;
/** The last one stands for every other character, such as a full stop. */
const symbols = "abcdefghijklmnopqrstuvwxyz0123456789'.";
/** Codecs decay after a tone and add a little noise to pauses. */
const toneDbfs = -28;
/** A shorter dip between two tones is not a pause. */
const longestDipMs = 20;
const windowMs = 5;
/** A shorter sound is only the remainder of a character. */
const shortestMs = toneCharacterMs / 2;
/** The analysed part of a character: codecs smear its edges. */
const listened = { fromMs: 14, toMs: 46 };

/** Speaks a text in chords; spaces are silent, and a silence of one character follows, as a pause follows a sentence. */
export const toneSpeech: SimulatedVoice = (text, sampleRateHz) => {
  const chars = Array.from(text);
  const perCharacter = (sampleRateHz * toneCharacterMs) / 1000;
  const samples = new Int16Array((chars.length + (/\s$/.test(text) ? 0 : 1)) * perCharacter);
  for (const [index, character] of chars.entries()) {
    if (/\s/.test(character)) continue;
    samples.set(sinesOf(character, sampleRateHz), index * perCharacter);
  }
  const boundariesMs = Array.from({ length: chars.length + 1 }, (_, index) => index * toneCharacterMs);
  return { samples, chars, boundariesMs };
};

/** Cached sounds of characters, by sample rate. */
const knownSines = new Map<string, Int16Array>();

function sinesOf(character: string, sampleRateHz: number): Int16Array {
  const key = `${symbolOf(character.toLowerCase())} ${sampleRateHz}`;
  const known = knownSines.get(key);
  if (known) return known;
  const [low, high] = chordOf(character);
  const sines = Int16Array.from({ length: (sampleRateHz * toneCharacterMs) / 1000 }, (_, i) => {
    const t = (2 * Math.PI * i) / sampleRateHz;
    return amplitude * (Math.sin(low * t) + Math.sin(high * t));
  });
  knownSines.set(key, sines);
  return sines;
}

/**
 * The words in a recording of {@link toneSpeech}, in lower case and without punctuation; noise decodes as unknown
 * words.
 */
export function wordsInTones(samples: Int16Array, sampleRateHz: number): string[] {
  return soundsIn(samples, sampleRateHz)
    .map(({ start, end }) => readWord(samples, sampleRateHz, start, end))
    .filter((word) => word !== '');
}

/** A text's words as {@link wordsInTones} gives them. */
export function spokenWords(text: string): string[] {
  return text
    .split(/\s+/)
    .map((word) => Array.from(word.toLowerCase()).map(symbolOf).join('').replaceAll('.', ''))
    .filter((word) => word !== '');
}

function symbolOf(character: string): string {
  return symbols.includes(character) ? character : '.';
}

function chordOf(character: string): readonly [number, number] {
  const index = symbols.indexOf(symbolOf(character.toLowerCase()));
  return [lowHz[Math.floor(index / highHz.length)] ?? 0, highHz[index % highHz.length] ?? 0];
}

interface Sound {
  readonly start: number;
  end: number;
}

/** The sounds between silences. */
function soundsIn(samples: Int16Array, sampleRateHz: number): Sound[] {
  const window = Math.round((sampleRateHz * windowMs) / 1000);
  const perMs = sampleRateHz / 1000;
  const sounds: Sound[] = [];
  for (let start = 0; start < samples.length; start += window) {
    const end = Math.min(samples.length, start + window);
    if (!isAudible(samples, toneDbfs, start, end)) continue;
    const last = sounds.at(-1);
    if (last && start - last.end <= longestDipMs * perMs) last.end = end;
    else sounds.push({ start, end });
  }
  return sounds.filter((sound) => sound.end - sound.start >= shortestMs * perMs);
}

function readWord(samples: Int16Array, sampleRateHz: number, start: number, end: number): string {
  const perMs = sampleRateHz / 1000;
  const count = Math.round((end - start) / perMs / toneCharacterMs);
  // The sound may begin anywhere in its first window and decay after its end.
  const characters = Array.from({ length: count }, (_, index) => {
    const from = start + index * toneCharacterMs * perMs;
    const part = samples.subarray(from + listened.fromMs * perMs, from + listened.toMs * perMs);
    const low = strongest(part, sampleRateHz, lowHz);
    return symbols[low * highHz.length + strongest(part, sampleRateHz, highHz)] ?? '.';
  });
  return characters.join('').replaceAll('.', '');
}

/** The index of the loudest tone. */
function strongest(samples: Int16Array, sampleRateHz: number, tonesHz: readonly number[]): number {
  const powers = tonesHz.map((hz) => power(samples, sampleRateHz, hz));
  return powers.indexOf(Math.max(...powers));
}

/** Goertzel's algorithm: the power of one frequency. */
function power(samples: Int16Array, sampleRateHz: number, hz: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / sampleRateHz);
  let [last, beforeLast] = [0, 0];
  for (const sample of samples) [last, beforeLast] = [sample + factor * last - beforeLast, last];
  return last * last + beforeLast * beforeLast - factor * last * beforeLast;
}
