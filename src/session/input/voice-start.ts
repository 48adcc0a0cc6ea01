/**
 * Between the segmenter and turn taking: a stretch of sound begins the caller's speech only if a voice is in it. The
 * check hears that, or the recogniser's words show it. Until then the stretch is held back: turn taking learns nothing
 * of typing, coughs and tones. The recogniser learns of every stretch, so that no words are lost.
 */
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { SpeechToTextStream } from '../../providers/speech-to-text.js';
import type { VoiceCheck } from '../../vad/voice-check.js';
import type { TurnTaking } from '../turn-taking/turn-taking.js';
import { confirmsSpeech } from './caller-text.js';
import type { SpeechBoundary } from './speech-segmenter.js';

export interface VoiceStartOptions {
  readonly check: VoiceCheck;
  readonly turnTaking: TurnTaking;
  readonly nowMs: () => number;
  /** The recogniser's stream; null while it has none. */
  readonly stream: () => SpeechToTextStream | null;
  /** Passes a boundary of the caller's speech on. */
  readonly tell: (boundary: SpeechBoundary) => void;
  /** Passes on what the recogniser guessed before the voice was heard. */
  readonly onGuess: (text: string) => void;
  /** A sound was no speech. */
  readonly onIgnored: (onsetMs: number, lastSpeechMs: number) => void;
}

/** A stretch of sound that is held back. */
interface Held {
  readonly onsetMs: number;
  /** When the segmenter confirmed it. */
  readonly sinceMs: number;
  /** When its last frame ended, and when that was known; null while it lasts. */
  readonly over: { readonly lastSpeechMs: number; readonly atMs: number } | null;
}

/** A voice is heard within this time of its onset. A sound that was held back for longer is not part of it. */
const onsetBeforeVoiceMs = 200;

/** The check may hear a voice only this long after its onset. */
const longestDoubtMs = 200;

export class VoiceStart {
  readonly #options: VoiceStartOptions;
  #held: Held | null = null;
  /** The recogniser's latest guess at what is held back. */
  #guess = '';
  /** Whether the recogniser knows the boundaries that turn taking is told now. */
  #known = false;
  /** Flushes of the caller's speech that the recogniser has not answered. */
  #unanswered = 0;

  constructor(options: VoiceStartOptions) {
    this.#options = options;
  }

  /** Whether a sound has just begun in which the check may still hear a voice. */
  get isTentative(): boolean {
    const held = this.#held;
    return held !== null && !held.over && this.#options.nowMs() < held.sinceMs + longestDoubtMs;
  }

  /** Whether the recogniser already knows the start or end that turn taking tells it of. */
  get isKnown(): boolean {
    return this.#known;
  }

  /** Takes the next frame that ended at `endMs`, and the boundary that it confirmed. */
  push(frame: AudioFrame, endMs: number, boundary: SpeechBoundary | null): void {
    this.#options.check.push(frame);
    if (boundary) this.take(boundary);
    else if (this.#held && !this.#held.over && this.#hearsVoice()) {
      this.#release(endMs - onsetBeforeVoiceMs);
      if (this.#guess !== '') this.#options.onGuess(this.#guess);
    }
  }

  /** Takes a boundary of the segmenter. */
  take(boundary: SpeechBoundary): void {
    const { stream, tell, nowMs } = this.#options;
    if (boundary.type === 'start') {
      this.#ignore();
      if (this.#hearsVoice()) return tell(boundary);
      this.#guess = '';
      this.#held = { onsetMs: boundary.onsetMs, sinceMs: nowMs(), over: null };
      stream()?.speechStarted?.();
      return;
    }
    if (!this.#held || this.#held.over) return tell(boundary);
    if (boundary.type !== 'end') return;
    this.#held = { ...this.#held, over: { lastSpeechMs: boundary.lastSpeechMs, atMs: nowMs() } };
    stream()?.flush();
  }

  /** The recogniser is asked for the rest of the caller's words. */
  flushed(): void {
    this.#unanswered++;
  }

  /**
   * The recogniser guesses at words. In a sound that is held back only words that two guesses agree on show that there was
   * a voice: recognisers guess at noise, too. Returns whether turn taking should learn of them.
   */
  guessed(text: string): boolean {
    if (!this.#isWitness()) return true;
    const before = this.#guess;
    this.#guess = text;
    if (!confirmsSpeech(before, text, this.#options.turnTaking)) return false;
    this.#release();
    return true;
  }

  /** The recogniser is sure of words: there was a voice. */
  recognised(): void {
    if (this.#isWitness()) this.#release();
  }

  /** The recogniser has given all words before a flush. */
  answered(): void {
    if (this.#unanswered > 0) this.#unanswered--;
    else this.#ignore();
  }

  /** The recogniser will not answer what it was asked before. */
  restarted(): void {
    this.#unanswered = 0;
  }

  #hearsVoice(): boolean {
    const { check, turnTaking } = this.#options;
    return turnTaking.voiceThreshold <= 0 || check.voiceProbability() >= turnTaking.voiceThreshold;
  }

  /** The sound that is over was no speech: no words were found in it. */
  #ignore(): void {
    const held = this.#held;
    if (!held?.over) return;
    this.#held = null;
    this.#options.onIgnored(held.onsetMs, held.over.lastSpeechMs);
  }

  /** Whether the recogniser's words are of the sound that is held back, not of speech before it. */
  #isWitness(): boolean {
    if (!this.#held || this.#unanswered > 0) return false;
    const { over } = this.#held;
    const { nowMs, turnTaking } = this.#options;
    return !over || nowMs() - over.atMs <= turnTaking.bargeInTimeoutMs;
  }

  #release(earliestOnsetMs = -Infinity): void {
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    this.#known = true;
    this.#options.tell({ type: 'start', onsetMs: Math.max(held.onsetMs, earliestOnsetMs) });
    if (held.over) this.#options.tell({ type: 'end', lastSpeechMs: held.over.lastSpeechMs });
    this.#known = false;
  }
}
