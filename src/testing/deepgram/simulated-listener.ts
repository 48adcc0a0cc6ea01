/** What both of Deepgram's wires have in common: audio comes in, words come out some time later. */
import { isAudible } from '../../audio/level.js';
import type { Clock, Timer } from '../../clock.js';
import type { DeepgramLatencies } from './deepgram-latencies.js';
import type { ListenQuery } from './listen-query.js';
import type { SimulatedEar, SpokenWord } from './simulated-hearing.js';
import type { SimulatedWire } from './simulated-wire.js';

export interface SimulatedListenerOptions {
  readonly query: ListenQuery;
  readonly wire: SimulatedWire;
  readonly ear: SimulatedEar;
  readonly clock: Clock;
  readonly latencies: DeepgramLatencies;
  /** The client does something that Deepgram would not take, or not understand. */
  readonly onViolation: (problem: string) => void;
}

/** Louder than this may be a voice. */
const speechDbfs = -45;

/** A partial after each such stretch of audio. */
const partialEverySec = 0.25;

/** One connection's recogniser: a base for the two wires, which differ in what they say. */
export abstract class SimulatedListener {
  protected readonly options: SimulatedListenerOptions;
  /** Audio up to here has had its final. */
  protected finalSec = 0;
  readonly #timers = new Set<Timer>();
  #endpoint: Timer | null = null;
  #partialSec = 0;
  #samples = 0;

  constructor(options: SimulatedListenerOptions) {
    this.options = options;
  }

  /** Audio received so far. */
  protected get positionSec(): number {
    return this.#samples / this.options.query.format.sampleRateHz;
  }

  /** Takes the next audio, decoded. */
  hear(samples: Int16Array): void {
    const { ear, latencies } = this.options;
    const isSpeech = isAudible(samples, speechDbfs);
    this.#samples += samples.length;
    ear.hear(samples, isSpeech);
    this.heardSomething();
    if (isSpeech) {
      this.#endpoint?.cancel();
      this.#endpoint = this.after(latencies.finalMs, () => this.speechEnded(this.positionSec));
      this.spoke();
    }
    if (this.positionSec - this.#partialSec < partialEverySec - 1e-9) return;
    this.#partialSec = this.positionSec;
    const atSec = this.positionSec;
    this.after(latencies.partialMs, () => this.sayPartial(atSec));
  }

  /** Takes a message of the client's. */
  abstract obey(type: string): void;

  /** Stops all timers; nothing is said any more. */
  dispose(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** The speaker has been silent for long enough. */
  protected abstract speechEnded(atSec: number): void;

  protected abstract sayPartial(atSec: number): void;

  /** Something was received, or speech in particular. */
  protected heardSomething(): void {
    return;
  }

  protected spoke(): void {
    return;
  }

  /** The answer that was waited for has been given by other means. */
  protected stopWaitingForSilence(): void {
    this.#endpoint?.cancel();
    this.#endpoint = null;
  }

  protected after(delayMs: number, act: () => void): Timer {
    const timer = this.options.clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
    return timer;
  }

  /** Calls `act` after `delayMs`, or when the ear knows all that was said, whichever is later. */
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

  /** The known words that end between two positions. */
  protected wordsBetween(fromSec: number, toSec: number): SpokenWord[] {
    const rounding = 1e-6;
    return this.options.ear.words.filter(
      ({ endSec }) => endSec > fromSec + rounding && endSec <= toSec + rounding,
    );
  }
}
