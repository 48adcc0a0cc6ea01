/**
 * A voice that can be read back from any recording: each character is a chord of two tones, 60 ms long, as telephone keys
 * are. So what a caller heard is known from the caller's audio alone, whatever the relay believes.
 */
import { isAudible } from '../../audio/level.js';
import type { SimulatedVoice } from '../elevenlabs/simulated-voice.js';

/** How long each character sounds. */
export const toneCharacterMs = 60;
const amplitude = 6000;
const lowHz = [500, 650, 800, 950, 1100, 1250] as const;
const highHz = [1500, 1700, 1900, 2100, 2300, 2500, 2700] as const;
/** The last of them is every character that is none of the others, such as a full stop. */
const symbols = "abcdefghijklmnopqrstuvwxyz0123456789'.";
/** Codecs trail off behind a tone, and fill a pause with a little noise. */
const toneDbfs = -28;
/** A dip between two tones is no pause. */
const longestDipMs = 20;
const windowMs = 5;
/** Shorter than this it is no character but the rest of one. */
const shortestMs = toneCharacterMs / 2;
/** What of a character is listened to: codecs smear its edges. */
const listened = { fromMs: 14, toMs: 46 };

/** Speaks a text in chords; spaces are silent. */
export const toneSpeech: SimulatedVoice = (text, sampleRateHz) => {
  const chars = Array.from(text);
  const perCharacter = (sampleRateHz * toneCharacterMs) / 1000;
  const samples = new Int16Array(chars.length * perCharacter);
  for (const [index, character] of chars.entries()) {
    if (/\s/.test(character)) continue;
    samples.set(sinesOf(character, sampleRateHz), index * perCharacter);
  }
  const boundariesMs = Array.from({ length: chars.length + 1 }, (_, index) => index * toneCharacterMs);
  return { samples, chars, boundariesMs };
};

/** Sounds of characters, by rate: calls are long, and characters are few. */
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

/** The words in a recording of {@link toneSpeech}, in lower case and without punctuation; noise gives strange ones. */
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

/** Stretches between silences. */
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
  // The sound begins anywhere in its first window and may trail off after its end.
  const characters = Array.from({ length: count }, (_, index) => {
    const from = start + index * toneCharacterMs * perMs;
    const part = samples.subarray(from + listened.fromMs * perMs, from + listened.toMs * perMs);
    const low = strongest(part, sampleRateHz, lowHz);
    return symbols[low * highHz.length + strongest(part, sampleRateHz, highHz)] ?? '.';
  });
  return characters.join('').replaceAll('.', '');
}

/** Index of the tone that is loudest. */
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
