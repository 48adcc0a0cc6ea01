/** The shared part of Deepgram's two wires: audio comes in, words come out later. */
import { isAudible } from '../../audio/level.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { DeepgramLatencies } from './deepgram-latencies.js';
import type { ChosenManners } from './deepgram-manners.js';
import type { ListenQuery } from './listen-query.js';
import type { SimulatedEar, SpokenWord } from '../simulated-hearing.js';
import type { SimulatedWire } from './simulated-wire.js';

export interface SimulatedListenerOptions {
  readonly query: ListenQuery;
  readonly wire: SimulatedWire;
  readonly ear: SimulatedEar;
  readonly clock: Clock;
  readonly latencies: DeepgramLatencies;
  readonly manners: ChosenManners;
  /** Called when Deepgram would refuse or misunderstand the client. */
  readonly onProblem: (problem: string) => void;
}

/** Audio louder than this may be a voice. */
const speechDbfs = -45;

/** Whether there is speech is decided for parts of this length. */
const heardSec = 0.02;

/** Audio between two partials. */
const partialEverySec = { steady: 0.25, chatty: 1, quiet: 0.25, final_only: Infinity } as const;

/** One connection's recogniser: the base of the two wires, which differ in their messages. */
export abstract class SimulatedListener {
  protected readonly options: SimulatedListenerOptions;
  /** Audio up to here has its final. */
  protected finalSec = 0;
  readonly #timers = new Set<Timer>();
  /** Where the speech that has not ended yet was last heard; null in silence. */
  #speechSec: number | null = null;
  #partialSec = 0;
  /** Words of the latest partial. */
  #toldWords = 0;
  #samples = 0;

  constructor(options: SimulatedListenerOptions) {
    this.options = options;
  }

  /** Audio received so far. */
  protected get positionSec(): number {
    return this.#samples / this.options.query.format.sampleRateHz;
  }

  /** Takes the next audio, decoded; messages of any length are heard alike. */
  hear(samples: Int16Array): void {
    const length = Math.round(heardSec * this.options.query.format.sampleRateHz);
    for (let at = 0; at < samples.length; at += length) this.#hearPart(samples.subarray(at, at + length));
  }

  #hearPart(samples: Int16Array): void {
    const { ear, latencies } = this.options;
    const isSpeech = isAudible(samples, speechDbfs);
    this.#samples += samples.length;
    ear.hear(samples, isSpeech);
    this.heardSomething();
    if (isSpeech) {
      this.#speechSec = this.positionSec;
      this.spoke();
    } else this.#waitForSilence();
    const { cadence } = this.options.manners;
    if (this.positionSec - this.#partialSec < partialEverySec[cadence] - 1e-9) return;
    this.#partialSec = this.positionSec;
    const atSec = this.positionSec;
    this.after(latencies.partialMs, () => {
      const words = this.wordsBetween(this.finalSec, atSec).length;
      if (cadence !== 'quiet' || (words > 0 && words !== this.#toldWords)) this.sayPartial(atSec);
      this.#toldWords = words;
    });
  }

  /** A WebSocket ping arrived. */
  pinged(): void {
    return;
  }

  /** Handles a client message. */
  abstract obey(type: string): void;

  /** Stops all timers; no message is sent after it. */
  dispose(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** The speaker has been silent long enough for the end of speech. */
  protected abstract speechEnded(atSec: number): void;

  protected abstract sayPartial(atSec: number): void;

  /** Something was received; speech in particular. */
  protected heardSomething(): void {
    return;
  }

  protected spoke(): void {
    return;
  }

  /** Called with the silence so far, in milliseconds, until the end of speech. */
  protected silent?(silenceMs: number): void;

  /** The final that was waiting for silence has been sent for another reason. */
  protected stopWaitingForSilence(): void {
    this.#speechSec = null;
  }

  /** Silence is counted in audio, as Deepgram counts it: audio that comes late is not silent. */
  #waitForSilence(): void {
    if (this.#speechSec === null) return;
    const silenceMs = (this.positionSec - this.#speechSec) * 1000;
    this.silent?.(silenceMs);
    if (silenceMs < this.options.latencies.finalMs) return;
    this.#speechSec = null;
    this.speechEnded(this.positionSec);
  }

  protected after(delayMs: number, act: () => void): Timer {
    const timer = this.options.clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
    return timer;
  }

  /** Calls `act` after `delayMs`, but not before all words so far are known. */
  protected whenKnown(delayMs: number, act: () => void): void {
    const { clock, ear } = this.options;
    const dueMs = clock.nowMs() + delayMs;
    const settled = ear.settle();
    const wait = (): void => {
      const remainingMs = dueMs - clock.nowMs();
      if (remainingMs > 0) this.after(remainingMs, act);
      else act();
    };
    if (settled) void settled.then(wait);
    else wait();
  }

  /** The known words that end between the two positions. */
  protected wordsBetween(fromSec: number, toSec: number): SpokenWord[] {
    const rounding = 1e-6;
    return this.options.ear.words.filter(
      ({ endSec }) => endSec > fromSec + rounding && endSec <= toSec + rounding,
    );
  }
}
