import { isAudible, peak } from '../../../audio/level.js';
import type { FliteSpeech } from './flite.js';
import type { PlacedPhone } from './word-alignment.js';

export interface TrimOptions {
  /** Silence before the first sound. */
  readonly leadMs: number;
  /** How much of the fading end is kept after the last sound. */
  readonly tailMs: number;
}

export interface TrimmedSpeech {
  readonly samples: Int16Array;
  readonly phones: readonly PlacedPhone[];
}

const windowMs = 5;
const fadeMs = 5;
/** A window is audible if its level is at most this far below the speech's peak. */
const audibleBelowPeakDb = 48;
/** A stop such as "b" begins with up to this much silence, which the phone times count as sound. */
const maxClosureMs = 40;

/**
 * Removes the 250 ms of near-silence that Flite puts around each utterance, so that speech begins at once and pauses
 * have the requested length. Fades the cuts. Speech without sound becomes empty.
 */
export function trimSpeech(speech: FliteSpeech, { leadMs, tailMs }: TrimOptions): TrimmedSpeech {
  const sounds = soundsOf(speech);
  const [first] = sounds;
  const last = sounds.at(-1);
  if (!first || !last) return { samples: new Int16Array(0), phones: [] };

  const perMs = speech.sampleRateHz / 1000;
  const fromMs = audibleFromMs(speech, first.startMs);
  const from = Math.round(fromMs * perMs);
  const to = Math.min(speech.samples.length, Math.round((last.endMs + tailMs) * perMs));
  const lead = Math.round(leadMs * perMs);
  const samples = new Int16Array(lead + Math.max(0, to - from));
  samples.set(speech.samples.subarray(from, to), lead);
  fade(samples.subarray(lead), Math.round(fadeMs * perMs));

  const shiftMs = lead / perMs - from / perMs;
  const lengthMs = samples.length / perMs;
  const place = (ms: number): number => Math.min(lengthMs, Math.max(lead / perMs, ms + shiftMs));
  const phones = sounds.map(({ phone, startMs, endMs }) => ({
    phone,
    startMs: place(startMs),
    endMs: place(endMs),
  }));
  return { samples, phones };
}

function soundsOf({ phones }: FliteSpeech): PlacedPhone[] {
  return phones
    .map(({ phone, endS }, index) => ({
      phone,
      startMs: (phones[index - 1]?.endS ?? 0) * 1000,
      endMs: endS * 1000,
    }))
    .filter(({ phone }) => phone !== 'pau');
}

/** Where the first sound becomes audible, less one window so that the fade does not touch it. */
function audibleFromMs({ samples, sampleRateHz }: FliteSpeech, soundStartMs: number): number {
  const thresholdDbfs = levelOf(peak(samples)) - audibleBelowPeakDb;
  const at = (ms: number): number => Math.round((ms * sampleRateHz) / 1000);
  let skippedMs = 0;
  while (skippedMs < maxClosureMs) {
    const windowStartMs = soundStartMs + skippedMs;
    if (isAudible(samples, thresholdDbfs, at(windowStartMs), at(windowStartMs + windowMs))) break;
    skippedMs += windowMs;
  }
  return Math.max(0, soundStartMs + skippedMs - windowMs);
}

function levelOf(amplitude: number): number {
  return 20 * Math.log10(Math.max(1, amplitude) / 32768);
}

function fade(samples: Int16Array, length: number): void {
  const count = Math.min(length, samples.length >> 1);
  const scale = (index: number, gain: number): void => {
    samples[index] = Math.round((samples[index] ?? 0) * gain);
  };
  for (let i = 0; i < count; i++) {
    scale(i, i / count);
    scale(samples.length - 1 - i, i / count);
  }
}
