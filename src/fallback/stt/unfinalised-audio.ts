/** The input of a stream that no final covers yet, so that another recogniser can start from it. */
import { durationMs, type AudioFrame } from '../../audio/audio-frame.js';

/** One input of a stream. */
export type StreamInput =
  | { readonly type: 'audio'; readonly frame: AudioFrame }
  | { readonly type: 'speech_started' }
  | { readonly type: 'flush' };

interface KeptFrame {
  readonly frame: AudioFrame;
  readonly startMs: number;
}

interface Mark {
  readonly type: 'speech_started' | 'flush';
  /** How many frames came before it, forgotten ones included. */
  readonly frames: number;
}

/** The inputs for another stream, in order. */
export interface Replay {
  /** Position of its first sample. */
  readonly startMs: number;
  readonly inputs: Iterable<StreamInput>;
}

/** Forgotten frames are removed from memory once there are this many. */
const compactFrom = 256;

/**
 * The audio since the last final, with flushes and starts of speech in their places. Positions are milliseconds from the
 * stream's first sample. Frames are kept without copies.
 */
export class UnfinalisedAudio {
  #frames: KeptFrame[] = [];
  /** How many frames at the start of the list are forgotten. */
  #gone = 0;
  /** How many frames were ever written. */
  #written = 0;
  #marks: Mark[] = [];
  #endMs = 0;

  /** Position after the last sample written. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Position of the oldest sample that is kept. */
  get startMs(): number {
    return this.#frames[this.#gone]?.startMs ?? this.#endMs;
  }

  /** Whether speech has started and no flush has come since. */
  get isSpeaking(): boolean {
    return this.#marks.at(-1)?.type === 'speech_started';
  }

  write(frame: AudioFrame): void {
    this.#frames.push({ frame, startMs: this.#endMs });
    this.#written++;
    this.#endMs += durationMs(frame);
  }

  speechStarted(): void {
    if (!this.isSpeaking) this.#mark('speech_started');
  }

  flush(): void {
    this.#mark('flush');
  }

  /** The oldest flush was answered. */
  answered(): void {
    const index = this.#marks.findIndex(({ type }) => type === 'flush');
    this.#marks.splice(0, index + 1);
  }

  /** Forgets whole frames that end at or before `untilMs`. Returns whether there were any. */
  forget(untilMs: number): boolean {
    const before = this.#gone;
    while (this.#gone < this.#frames.length && this.#endOf(this.#gone) <= untilMs) this.#gone++;
    const forgot = this.#gone > before;
    if (this.#gone >= compactFrom) {
      this.#frames = this.#frames.slice(this.#gone);
      this.#gone = 0;
    }
    return forgot;
  }

  /**
   * All kept input from the frame that contains `fromMs`. Earlier marks come first: an unanswered flush still needs an answer,
   * and a caller in mid-speech is still speaking.
   */
  replay(fromMs: number): Replay {
    let first = this.#gone;
    while (first < this.#frames.length && this.#endOf(first) <= fromMs) first++;
    const frames = this.#frames.slice(first);
    return { startMs: frames[0]?.startMs ?? this.#endMs, inputs: this.#inputs(frames, [...this.#marks]) };
  }

  *#inputs(frames: readonly KeptFrame[], marks: Mark[]): Generator<StreamInput> {
    let framesBefore = this.#written - frames.length;
    for (const { frame } of frames) {
      for (let mark = marks[0]; mark && mark.frames <= framesBefore; mark = marks[0]) {
        marks.shift();
        yield { type: mark.type };
      }
      yield { type: 'audio', frame };
      framesBefore++;
    }
    for (const { type } of marks) yield { type };
  }

  #endOf(index: number): number {
    return this.#frames[index + 1]?.startMs ?? this.#endMs;
  }

  #mark(type: Mark['type']): void {
    this.#marks.push({ type, frames: this.#written });
  }
}
