/**
 * Silero's network as a check of sounds that may be a voice. It remembers what it hears, but half a second before a
 * question is enough: so it rests until it is asked, and no call pays for audio in which nothing is in question.
 */
import { durationMs, type AudioFrame } from '../../audio/audio-frame.js';
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
  /** Frames that the network has not heard, oldest first. */
  #unheard: AudioFrame[] = [];
  #unheardMs = 0;
  /** Null: the next question begins with the oldest frame. */
  #hearing: Hearing | null = null;

  constructor(network: SileroNetwork, historyMs: number) {
    this.#network = network;
    this.#historyMs = historyMs;
  }

  push(frame: AudioFrame): void {
    this.#unheard.push(frame);
    this.#unheardMs += durationMs(frame);
    if (this.#unheardMs <= this.#historyMs) return;
    const [dropped] = this.#unheard.splice(0, 1);
    if (dropped) this.#unheardMs -= durationMs(dropped);
    this.#hearing = null;
  }

  voiceProbability(): number {
    if (!this.#hearing) this.#skipQuiet();
    const [first] = this.#unheard;
    if (first) this.#hearing ??= newHearing(first.sampleRateHz, this.#network.restedMemory());
    const hearing = this.#hearing;
    if (!hearing) return 0;
    for (const { samples } of this.#unheard)
      hearing.decimator.push(samples, (sample) => this.#hear(hearing, sample));
    this.#unheard = [];
    this.#unheardMs = 0;
    const from = hearing.heard - (networkRateHz / 1000) * recentMs;
    hearing.results = hearing.results.filter(({ at }) => at > from);
    return hearing.results.reduce((highest, { probability }) => Math.max(highest, probability), 0);
  }

  /** Drops the quiet line before the first sound, but for the end of it: a rested memory is what it leaves. */
  #skipQuiet(): void {
    let keptMs = 0;
    let first = this.#unheard.findIndex(isSound);
    if (first < 0) first = this.#unheard.length;
    while (first > 0 && keptMs < quietMs) keptMs += durationMs(this.#unheard[--first] as AudioFrame);
    this.#unheard.splice(0, first);
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

function isSound({ samples }: AudioFrame): boolean {
  return samples.some((sample) => Math.abs(sample) > quietPeak);
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
