import { decodeMulaw } from '../../audio/g711.js';
import { isAudible } from '../../audio/level.js';
import type { Clock, Timer } from '../../core/clock.js';
import { EncodingCheck } from '../deepgram/encoding-check.js';
import type { SimulatedWire } from '../deepgram/simulated-wire.js';
import type { SimulatedEar, SpokenWord } from '../simulated-hearing.js';
import type { InkManners } from './cartesia-manners.js';
import { simulatedRequestId } from './cartesia-rest.js';
import type { InkQuery } from './ink-query.js';

/** Latencies of simulated recognition, in milliseconds. */
export interface InkLatencies {
  /** From the end of speech to the final part, for `ink-whisper`, unless the client sets it. */
  readonly finalMs: number;
  /** From `finalize` to its answer. */
  readonly finalizeMs: number;
  /** From the audio to its interim part. */
  readonly partialMs: number;
}

export interface SimulatedInkOptions {
  readonly query: InkQuery;
  readonly wire: SimulatedWire;
  readonly ear: SimulatedEar;
  readonly clock: Clock;
  readonly latencies: InkLatencies;
  readonly manners: Required<InkManners>;
  /** Whether the audio is understood. */
  readonly isDeaf: boolean;
  readonly onProblem: (problem: string) => void;
}

/** Audio louder than this may be a voice. */
const speechDbfs = -45;
/** Whether there is speech is decided for parts of this length. */
const heardSec = 0.02;
const interimEverySec = 0.25;
/** With early parts, two words become final at a time. */
const earlyWords = 2;

/** One connection's recogniser: audio comes in, words come out later. */
export class SimulatedInk {
  readonly #options: SimulatedInkOptions;
  readonly #encoding: EncodingCheck;
  readonly #timers = new Set<Timer>();
  /** Number of words that were sent as final. */
  #finalWords = 0;
  #samples = 0;
  #interimSec = 0;
  /** Where the speech that has not ended yet was last heard; null in silence. */
  #speechSec: number | null = null;
  #toldInterim = '';
  #answers: Promise<void> = Promise.resolve();
  /** Requests that are not answered yet: nothing is said before their answers. */
  #pending = 0;

  constructor(options: SimulatedInkOptions) {
    this.#options = options;
    this.#encoding = new EncodingCheck(options.query.sampleRateHz);
  }

  /** Seconds of audio received. */
  get seconds(): number {
    return this.#samples / this.#options.query.sampleRateHz;
  }

  hear(bytes: Buffer): void {
    const { query, isDeaf, onProblem } = this.#options;
    if (query.encoding === 'pcm_s16le' && bytes.length % 2 !== 0)
      return onProblem('An audio message contains half a sample.');
    const decoded = query.encoding === 'pcm_mulaw' ? decodeMulaw(bytes) : samplesOf(bytes);
    this.#encoding.push(decoded);
    if (this.#encoding.isMisread) onProblem(`The audio is not speech in ${query.encoding}.`);
    const samples = isDeaf || this.#encoding.isMisread ? new Int16Array(decoded.length) : decoded;
    const length = Math.round(heardSec * query.sampleRateHz);
    for (let at = 0; at < samples.length; at += length) this.#hearPart(samples.subarray(at, at + length));
  }

  /** Answers `finalize`. */
  finalize(): void {
    this.#answer(this.#options.latencies.finalizeMs, (until) => {
      this.#sayFinal(until, true);
      this.#send({ type: 'flush_done' });
    });
  }

  /** Answers `close`. */
  close(): void {
    this.#answer(0, (until) => {
      this.#sayFinal(until, false);
      this.#send({ type: 'done' });
      this.#options.wire.close(1000);
    });
  }

  /** Stops all timers; no message is sent after it. */
  dispose(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #hearPart(samples: Int16Array): void {
    const { ear, latencies, query } = this.#options;
    const isSpeech = isAudible(samples, speechDbfs);
    this.#samples += samples.length;
    ear.hear(samples, isSpeech);
    if (isSpeech) this.#speechSec = this.seconds;
    else if (this.#speechSec !== null) {
      const silenceMs = (this.seconds - this.#speechSec) * 1000;
      const finalMs = query.maxSilenceSec === null ? latencies.finalMs : query.maxSilenceSec * 1000;
      if (silenceMs >= finalMs) {
        this.#speechSec = null;
        // Only Whisper ends parts by silence.
        if (query.model.startsWith('ink-whisper')) this.#answer(0, (until) => this.#sayFinal(until, false));
      }
    }
    if (this.seconds - this.#interimSec < interimEverySec - 1e-9) return;
    this.#interimSec = this.seconds;
    const atSec = this.seconds;
    this.#after(latencies.partialMs, () => this.#sayInterim(atSec));
  }

  #sayInterim(atSec: number): void {
    const { manners, ear } = this.#options;
    if (this.#pending > 0) return;
    const known = wordsUntil(ear.words, atSec).slice(this.#finalWords);
    // The last known word may still change.
    if (manners.earlyParts && known.length > earlyWords)
      this.#sayPart(known.slice(0, earlyWords), true, true);
    const rest = wordsUntil(ear.words, atSec).slice(this.#finalWords);
    const text = rest.map(({ word }) => word).join(' ');
    if (!manners.interims || text === '' || text === this.#toldInterim) return;
    this.#toldInterim = text;
    if (manners.unknown) this.#send({ type: 'speech_probability', value: 0.9 });
    this.#sayPart(rest, false, false);
  }

  #sayFinal(untilSec: number, isAsked: boolean): void {
    const words = wordsUntil(this.#options.ear.words, untilSec).slice(this.#finalWords);
    if (words.length > 0 || (isAsked && this.#options.manners.emptyFinal)) this.#sayPart(words, true, false);
  }

  #sayPart(words: readonly SpokenWord[], isFinal: boolean, goesOn: boolean): void {
    const { manners, query } = this.#options;
    const isFirst = this.#finalWords === 0;
    const text = words.map(({ word }) => word).join(' ');
    const isSpaced = text !== '' && !query.model.startsWith('ink-whisper');
    const before = isSpaced && manners.space === 'before' && !isFirst ? ' ' : '';
    const behind = isSpaced && manners.space === 'behind' && (goesOn || isFinal) ? ' ' : '';
    if (isFinal) this.#finalWords += words.length;
    if (isFinal) this.#toldInterim = '';
    const windowSec = words[0]?.startSec ?? 0;
    this.#send({
      type: 'transcript',
      is_final: isFinal,
      text: `${before}${text}${behind}`,
      ...(manners.details && {
        duration: (words.at(-1)?.endSec ?? windowSec) - windowSec,
        language: 'en',
        words: words.map(({ word, startSec, endSec }) => ({
          word,
          start: startSec - windowSec,
          end: endSec - windowSec,
        })),
      }),
    });
  }

  #send(message: object): void {
    this.#options.wire.send({ ...message, request_id: simulatedRequestId });
  }

  /** Calls `act` after `delayMs`, but not before all words so far are known, nor before earlier answers. */
  #answer(delayMs: number, act: (untilSec: number) => void): void {
    const untilSec = this.seconds;
    const settled = this.#options.ear.settle();
    const before = this.#pending > 0 || settled ? Promise.all([this.#answers, settled]) : null;
    this.#pending++;
    this.#answers = new Promise((resolve) => {
      const wait = (): void =>
        this.#after(delayMs, () => {
          this.#pending--;
          act(untilSec);
          resolve();
        });
      if (before) void before.then(wait);
      else wait();
    });
  }

  #after(delayMs: number, act: () => void): void {
    const timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }
}

function wordsUntil(words: readonly SpokenWord[], untilSec: number): readonly SpokenWord[] {
  return words.filter(({ endSec }) => endSec <= untilSec + 1e-6);
}

function samplesOf(bytes: Buffer): Int16Array {
  // The bytes of a message may start at an odd address.
  const aligned = new Uint8Array(bytes);
  return new Int16Array(aligned.buffer, 0, aligned.length / Int16Array.BYTES_PER_ELEMENT);
}
