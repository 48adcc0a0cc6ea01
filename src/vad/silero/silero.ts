/**
 * Silero's network as a check of sounds that may be a voice. It remembers what it hears, but half a second before a
 * question is enough: so it rests until it is asked, and no call pays for audio in which nothing is in question.
 */
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { VoiceCheck, VoiceChecking } from '../voice-check.js';
import { Decimator } from './decimator.js';
import {
  contextSamples,
  loadSilero,
  windowSamples,
  type SileroMemory,
  type SileroNetwork,
} from './silero-network.js';

/** Options of {@link sileroVoiceCheck}. */
export interface SileroOptions {
  /** Audio that is kept for a question. @default 500 */
  readonly historyMs?: number;
}

/** A voice within this time counts. */
const recentMs = 100;
const networkRateHz = 8000;
/** No sample of a quiet line is larger: -50 dBFS. */
const quietPeak = 100;
/** What is kept of the quiet before a sound: the network needs some of it to hear the sound begin. */
const quietMs = 160;

/** Takes frames of any length at a multiple of 8 kHz. */
export function sileroVoiceCheck({ historyMs = 500 }: SileroOptions = {}): VoiceChecking {
  return {
    name: 'silero',
    create: async () => new SileroVoiceCheck(await loadSilero(), historyMs),
  };
}

/** What the network has heard without a gap. */
interface Hearing {
  readonly decimator: Decimator;
  readonly memory: SileroMemory;
  /** The context, then samples of the next window. */
  readonly window: Float32Array;
  filled: number;
  /** Samples in all. */
  heard: number;
  /** The latest windows: the samples heard at the end of each, and its probability. */
  results: { readonly at: number; readonly probability: number }[];
}

class SileroVoiceCheck implements VoiceCheck {
  readonly #network: SileroNetwork;
  readonly #historyMs: number;
  #sampleRateHz = 0;
  /** A ring of the latest samples. */
  #ring = new Int16Array(0);
  /** Where the next sample goes. */
  #next = 0;
  /** Samples that the network has not heard; the latest. */
  #unheard = 0;
  /** Null: the next question begins with the oldest of them. */
  #hearing: Hearing | null = null;

  constructor(network: SileroNetwork, historyMs: number) {
    this.#network = network;
    this.#historyMs = historyMs;
  }

  push({ samples, sampleRateHz }: AudioFrame): void {
    if (sampleRateHz !== this.#sampleRateHz) this.#startAt(sampleRateHz);
    const size = this.#ring.length;
    const kept = samples.length > size ? samples.subarray(samples.length - size) : samples;
    const untilEnd = Math.min(kept.length, size - this.#next);
    this.#ring.set(kept.subarray(0, untilEnd), this.#next);
    this.#ring.set(kept.subarray(untilEnd), 0);
    this.#next = (this.#next + kept.length) % size;
    this.#unheard += samples.length;
    if (this.#unheard <= size) return;
    this.#unheard = size;
    this.#hearing = null;
  }

  voiceProbability(): number {
    if (this.#unheard > 0 && !this.#hearing) {
      this.#skipQuiet();
      this.#hearing = newHearing(this.#sampleRateHz, this.#network.restedMemory());
    }
    const hearing = this.#hearing;
    if (!hearing) return 0;
    for (; this.#unheard > 0; this.#unheard--) {
      const sample = hearing.decimator.push(this.#unheardAt(0));
      if (sample !== null) this.#hear(hearing, sample);
    }
    const from = hearing.heard - (networkRateHz / 1000) * recentMs;
    hearing.results = hearing.results.filter(({ at }) => at > from);
    return hearing.results.reduce((highest, { probability }) => Math.max(highest, probability), 0);
  }

  #startAt(sampleRateHz: number): void {
    this.#sampleRateHz = sampleRateHz;
    this.#ring = new Int16Array((this.#historyMs * sampleRateHz) / 1000);
    this.#next = 0;
    this.#unheard = 0;
    this.#hearing = null;
  }

  /** The unheard sample at this place; 0 is the oldest. */
  #unheardAt(place: number): number {
    const size = this.#ring.length;
    return this.#ring[(this.#next + size - this.#unheard + place) % size] ?? 0;
  }

  /** Drops the quiet line before the first sound, but for the end of it: a rested memory is what it leaves. */
  #skipQuiet(): void {
    let first = 0;
    while (first < this.#unheard && Math.abs(this.#unheardAt(first)) <= quietPeak) first++;
    this.#unheard -= Math.max(0, first - (quietMs * this.#sampleRateHz) / 1000);
  }

  #hear(hearing: Hearing, sample: number): void {
    const { window, memory } = hearing;
    window[hearing.filled++] = sample;
    hearing.heard++;
    if (hearing.filled < window.length) return;
    hearing.results.push({ at: hearing.heard, probability: this.#network.run(window, memory) });
    window.copyWithin(0, windowSamples);
    hearing.filled = contextSamples;
  }
}

function newHearing(sampleRateHz: number, memory: SileroMemory): Hearing {
  return {
    decimator: new Decimator(sampleRateHz / networkRateHz),
    memory,
    window: new Float32Array(contextSamples + windowSamples),
    filled: contextSamples,
    heard: 0,
    results: [],
  };
}
