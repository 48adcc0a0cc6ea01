/**
 * Turns judgements about single frames into stretches of speech: when the caller began, and when the voice really
 * stopped. Pure: time comes in with the frames, nothing is scheduled.
 */
import { type GatedFrame, SpeechGate, type SpeechGateOptions } from '../audio/speech-gate.js';

/** One frame of caller audio, judged. */
export interface JudgedFrame extends GatedFrame {
  /** When the frame ended, in milliseconds on the session's clock. */
  readonly endMs: number;
}

/** Something that became certain with a frame: the caller has begun to speak, or has stopped. */
export type SpeechBoundary =
  | {
      readonly type: 'start';
      /** When the first frame of the speech began. */
      readonly onsetMs: number;
    }
  | {
      readonly type: 'end';
      /** When the last frame of the speech ended: the mouth of mouth→ear. */
      readonly lastSpeechMs: number;
    };

/** When speech counts as begun and as ended. */
export interface SpeechSegmenterOptions extends SpeechGateOptions {
  /** Speech begins when this much of the recent window is speech. @default 60 */
  readonly startSpeechMs?: number;
  /** How far back that window reaches. @default 100 */
  readonly startWindowMs?: number;
  /** Speech ends when this much audio without speech has followed it. @default 180 */
  readonly endSilenceMs?: number;
}

interface WindowFrame {
  readonly speech: boolean;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Follows one caller. Feed it every frame in order; a frame that was lost is simply missing. */
export class SpeechSegmenter {
  readonly #startSpeechMs: number;
  readonly #startWindowMs: number;
  readonly #endSilenceMs: number;
  readonly #gate: SpeechGate;
  #window: WindowFrame[] = [];
  #speaking = false;
  #lastSpeechMs = 0;
  #silenceMs = 0;

  constructor(options: SpeechSegmenterOptions = {}) {
    this.#startSpeechMs = options.startSpeechMs ?? 60;
    this.#startWindowMs = options.startWindowMs ?? 100;
    this.#endSilenceMs = options.endSilenceMs ?? 180;
    this.#gate = new SpeechGate(options);
  }

  /** Between a start and its end. */
  get isSpeaking(): boolean {
    return this.#speaking;
  }

  /** There was speech in the recent window, but not enough of it for a start (yet). */
  get isTentative(): boolean {
    return !this.#speaking && this.#window.some(({ speech }) => speech);
  }

  /** Takes the next frame; says what it made certain, if anything. */
  push(frame: JudgedFrame): SpeechBoundary | null {
    const speech = this.#gate.isSpeech(frame, this.#speaking);
    return this.#speaking ? this.#awaitEnd(frame, speech) : this.#awaitStart(frame, speech);
  }

  /** Drops the current speech without an end; what was learnt about levels stays. */
  reset(): void {
    this.#window = [];
    this.#speaking = false;
  }

  #awaitStart({ endMs, durationMs }: JudgedFrame, speech: boolean): SpeechBoundary | null {
    this.#window.push({ speech, startMs: endMs - durationMs, durationMs });
    while (totalMs(this.#window) > this.#startWindowMs) this.#window.shift();
    const speechFrames = this.#window.filter((frame) => frame.speech);
    const [first] = speechFrames;
    if (!first || totalMs(speechFrames) < this.#startSpeechMs) return null;

    this.#window = [];
    this.#speaking = true;
    this.#silenceMs = 0;
    this.#lastSpeechMs = endMs;
    return { type: 'start', onsetMs: first.startMs };
  }

  #awaitEnd({ endMs, durationMs }: JudgedFrame, speech: boolean): SpeechBoundary | null {
    if (speech) {
      this.#lastSpeechMs = endMs;
      this.#silenceMs = 0;
      return null;
    }
    // Counted in audio, not by the clock: a stall of the network is no silence.
    this.#silenceMs += durationMs;
    if (this.#silenceMs < this.#endSilenceMs) return null;
    this.#speaking = false;
    return { type: 'end', lastSpeechMs: this.#lastSpeechMs };
  }
}

function totalMs(frames: readonly WindowFrame[]): number {
  return frames.reduce((sum, { durationMs }) => sum + durationMs, 0);
}
