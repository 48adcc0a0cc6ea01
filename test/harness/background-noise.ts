/** Background sounds for tests of turn taking, the same in every run. */
import { noise } from '#src/simulators/caller-speech.js';

/** Makes a sound of `seconds` at this rate. */
export type BackgroundNoise = (seconds: number, sampleRateHz: number) => Int16Array;

const amplitude = 8000;
/** Fade at both edges, so that a tone begins without a click. */
const fadeMs = 5;

interface Beeps {
  readonly hz: number;
  /** Length of each beep. */
  readonly soundMs: number;
  /** From the begin of one beep to the begin of the next. */
  readonly everyMs: number;
}

/** Tones at even intervals, the first one after one interval. */
function beeps({ hz, soundMs, everyMs }: Beeps): BackgroundNoise {
  return (seconds, sampleRateHz) => {
    const samples = new Int16Array(seconds * sampleRateHz);
    const perMs = sampleRateHz / 1000;
    const [length, every, fade] = [soundMs * perMs, everyMs * perMs, fadeMs * perMs];
    for (let start = every; start < samples.length; start += every)
      for (let i = 0; i < length && start + i < samples.length; i++) {
        const gain = Math.min(1, i / fade, (length - i) / fade);
        samples[start + i] = Math.round(amplitude * gain * Math.sin((2 * Math.PI * hz * i) / sampleRateHz));
      }
    return samples;
  };
}

/** Keystrokes: short bursts of noise at uneven times and levels. */
function strokes(times: (random: () => number) => Iterable<number>, ringMs: number): BackgroundNoise {
  return (seconds, sampleRateHz) => {
    const samples = new Int16Array(seconds * sampleRateHz);
    const random = randomFrom(7);
    for (const ms of times(random)) {
      const start = Math.round((ms * sampleRateHz) / 1000);
      if (start >= samples.length) break;
      const stroke = noise((ringMs * 3 * sampleRateHz) / 1000, amplitude * (0.7 + 0.6 * random()), start + 1);
      const decay = (ringMs * sampleRateHz) / 1000;
      for (let i = 0; i < stroke.length && start + i < samples.length; i++)
        samples[start + i] = Math.round((stroke[i] ?? 0) * Math.exp(-i / decay));
    }
    return samples;
  };
}

function* evenly(everyMs: number): Generator<number> {
  for (let ms = everyMs; ; ms += everyMs) yield ms;
}

/** Words of a few strokes each, with pauses between them. */
function* typing(random: () => number): Generator<number> {
  for (let ms = 600; ; ms += 350 + 400 * random())
    for (let stroke = 0; stroke < 6; stroke++) yield (ms += 70 + 90 * random());
}

/** Low-passed noise of varying level. */
const fan: BackgroundNoise = (seconds, sampleRateHz) => {
  const white = noise(seconds * sampleRateHz, 30_000);
  const keep = Math.exp((-2 * Math.PI * 500) / sampleRateHz);
  let low = 0;
  return white.map((sample, i) => {
    low = keep * low + (1 - keep) * sample;
    const phase = (i / sampleRateHz) % 1.4;
    const gust = phase < 0.7 ? Math.sin((Math.PI * phase) / 0.7) ** 2 : 0;
    return Math.round(low * (0.05 + 0.95 * gust));
  });
};

/** Uniform numbers between 0 and 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The sounds by name. */
export const backgroundNoises = {
  'the beep of a fake microphone each second': beeps({ hz: 1000, soundMs: 200, everyMs: 1000 }),
  'a reversing truck': beeps({ hz: 1250, soundMs: 500, everyMs: 1000 }),
  'an alarm that chirps twice a second': beeps({ hz: 800, soundMs: 250, everyMs: 500 }),
  'a key click each second': strokes(() => evenly(1000), 25),
  typing: strokes(typing, 12),
  'a fan with gusts': fan,
} satisfies Record<string, BackgroundNoise>;
