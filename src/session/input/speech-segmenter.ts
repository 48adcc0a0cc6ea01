/**
 * Groups frames into stretches of speech: when the caller began to speak and when the caller stopped. Pure: time comes
 * with the frames; there are no timers.
 */
import { type GatedFrame, SpeechGate, type SpeechGateOptions } from '../../audio/speech-gate.js';

/** One frame of caller audio with the detector's decision. */
export interface JudgedFrame extends GatedFrame {
  /** When the frame ended, in milliseconds on the session's clock. */
  readonly endMs: number;
}

/** A boundary that a frame confirmed: the caller has begun to speak, has paused, goes on after a pause, or has stopped. */
export type SpeechBoundary =
  | {
      readonly type: 'start';
      /** When the first frame of the speech began. */
      readonly onsetMs: number;
    }
  | {
      /** Silence within the speech. It may be its end, which takes longer to confirm. */
      readonly type: 'pause';
      /** The silence so far: the largest of `pausesMs` that it has reached. */
      readonly silenceMs: number;
    }
  | { readonly type: 'resume' }
  | {
      readonly type: 'end';
      /** When the last frame of the speech ended: the start of mouth→ear. */
      readonly lastSpeechMs: number;
    };

/** When speech counts as begun and as ended. */
export interface SpeechSegmenterOptions extends SpeechGateOptions {
  /** Speech begins when this much of the recent window is speech. @default 60 */
  readonly startSpeechMs?: number;
  /** Length of the recent window. @default 100 */
  readonly startWindowMs?: number;
  /** Speech ends after this much audio without speech. @default 180 */
  readonly endSilenceMs?: number;
  /** Silences within speech that are reported as a pause, shorter than `endSilenceMs`. @default none */
  readonly pausesMs?: readonly number[];
}

interface WindowFrame {
  readonly speech: boolean;
  readonly startMs: number;
  readonly durationMs: number;
}

/** The segmenter of one caller. Push every frame in order; skip lost frames. */
export class SpeechSegmenter {
  readonly #startSpeechMs: number;
  readonly #startWindowMs: number;
  readonly #endSilenceMs: number;
  /** Ascending. */
  #pausesMs: readonly number[] = [];
  readonly #gate: SpeechGate;
  #window: WindowFrame[] = [];
  #speaking = false;
  #lastSpeechMs = 0;
  #silenceMs = 0;
  /** Speech since the reported pause, in milliseconds; null if none was reported. */
  #sincePauseMs: number | null = null;

  constructor(options: SpeechSegmenterOptions = {}) {
    this.#startSpeechMs = options.startSpeechMs ?? 60;
    this.#startWindowMs = options.startWindowMs ?? 100;
    this.#endSilenceMs = options.endSilenceMs ?? 180;
    this.reportPauses(options.pausesMs ?? []);
    this.#gate = new SpeechGate(options);
  }

  /** Whether a stretch of speech has begun and not ended. */
  get isSpeaking(): boolean {
    return this.#speaking;
  }

  /** Whether the recent window has speech, but not enough for a start. */
  get isTentative(): boolean {
    return !this.#speaking && this.#window.some(({ speech }) => speech);
  }

  /** From now on these silences are reported: see {@link SpeechSegmenterOptions.pausesMs}. */
  reportPauses(pausesMs: readonly number[]): void {
    this.#pausesMs = pausesMs
      .map((ms) => Math.max(1, ms))
      .filter((ms) => ms < this.#endSilenceMs)
      .sort((a, b) => a - b);
  }

  /** Takes the next frame. Returns the boundary that it confirmed, or null. */
  push(frame: JudgedFrame): SpeechBoundary | null {
    const speech = this.#gate.isSpeech(frame, this.#speaking);
    return this.#speaking ? this.#awaitEnd(frame, speech) : this.#awaitStart(frame, speech);
  }

  /** The audio has stopped: current speech ends with its last frame. */
  end(): SpeechBoundary | null {
    const wasSpeaking = this.#speaking;
    this.reset();
    return wasSpeaking ? { type: 'end', lastSpeechMs: this.#lastSpeechMs } : null;
  }

  /** Drops the current speech without an end. Keeps the level estimates. */
  reset(): void {
    this.#window = [];
    this.#speaking = false;
    this.#sincePauseMs = null;
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
      return this.#awaitResume(durationMs);
    }
    // Count audio, not clock time: a network stall is not silence.
    const beforeMs = this.#silenceMs;
    this.#silenceMs += durationMs;
    if (this.#silenceMs >= this.#endSilenceMs) return this.end();
    const silenceMs = this.#pausesMs.findLast((ms) => ms > beforeMs && ms <= this.#silenceMs);
    if (silenceMs === undefined) return null;
    this.#sincePauseMs = 0;
    return { type: 'pause', silenceMs };
  }

  /** After a pause, a short sound is no word: the release of a last consonant, or a click. */
  #awaitResume(durationMs: number): SpeechBoundary | null {
    if (this.#sincePauseMs === null) return null;
    this.#sincePauseMs += durationMs;
    if (this.#sincePauseMs < this.#startSpeechMs) return null;
    this.#sincePauseMs = null;
    return { type: 'resume' };
  }
}

function totalMs(frames: readonly WindowFrame[]): number {
  return frames.reduce((sum, { durationMs }) => sum + durationMs, 0);
}
