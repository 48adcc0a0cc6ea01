import type { AudioFrame } from '../../audio/audio-frame.js';
import { UnfinalisedAudio, type Replay } from './unfinalised-audio.js';

/** Audio before the last final that a replacement hears again, so that a word across the boundary is complete. */
const leadInMs = 300;
/** The most unfinished audio that is kept. */
const keptMs = 30_000;
/** The limit in silence: longer than it takes to detect speech. */
const keptInSilenceMs = 5000;

/** Where a flush stands in the call's audio. */
export interface FlushPosition {
  readonly atMs: number;
  /** The length of the caller's speech before it, in audio time. */
  readonly speechMs: number;
}

/** The call's audio that no final covers yet, within limits: a replacement has to hear it. Positions are those of the call. */
export class AudioBacklog {
  readonly #audio = new UnfinalisedAudio();
  /** Finals cover the audio before this. */
  #coveredMs = 0;
  /** The last position at which the call was quiet: no uncovered speech lies before it, as far as is known. */
  #quietUntilMs = 0;
  /** Where the current speech began. */
  #speechFromMs: number | null = null;

  /** Position after the last sample written. */
  get endMs(): number {
    return this.#audio.endMs;
  }

  /** Whether speech has started and no flush has come since. */
  get isSpeaking(): boolean {
    return this.#audio.isSpeaking;
  }

  /** How much speech was dropped before a final covered it, in milliseconds. */
  get lostMs(): number {
    return Math.max(0, Math.round(this.#audio.startMs - Math.max(this.#coveredMs, this.#quietUntilMs)));
  }

  write(frame: AudioFrame): void {
    this.#audio.write(frame);
  }

  speechStarted(): void {
    this.#speechFromMs ??= this.endMs;
    this.#audio.speechStarted();
  }

  flush(): FlushPosition {
    this.#audio.flush();
    const atMs = this.endMs;
    const speechMs = atMs - (this.#speechFromMs ?? atMs);
    this.#speechFromMs = null;
    return { atMs, speechMs };
  }

  /** The oldest flush was answered. */
  answered(): void {
    this.#audio.answered();
  }

  /** A final covers the audio before this. */
  cover(untilMs: number): void {
    this.#coveredMs = Math.max(this.#coveredMs, untilMs);
    this.#audio.forget(this.#coveredMs - leadInMs);
  }

  /** Drops the oldest audio beyond the limit. `isQuiet`: the caller is silent and no words are pending. */
  limit(isQuiet: boolean): void {
    if (isQuiet) this.#quietUntilMs = this.endMs;
    const limitMs = isQuiet ? keptInSilenceMs : keptMs;
    if (this.endMs - this.#audio.startMs > limitMs) this.#audio.forget(this.endMs - limitMs);
  }

  /**
   * What a replacement hears first. `timesWords`: it gives word times. Only then is there a lead-in: without times, words
   * that are heard again cannot be distinguished from new ones.
   */
  replay({ timesWords }: { readonly timesWords: boolean }): Replay {
    return this.#audio.replay(this.#coveredMs - (timesWords ? leadInMs : 0));
  }

  /** Drops all audio. */
  clear(): void {
    this.#audio.forget(Infinity);
  }
}

/** The session's warning about lost audio. */
export function lostAudioMessage(lostMs: number): string {
  return `The recogniser was replaced. Only the last ${keptMs} ms of unfinished speech are kept; the ${lostMs} ms before them are lost.`;
}
