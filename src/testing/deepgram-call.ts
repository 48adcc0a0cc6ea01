/** One stream to a simulated Deepgram, in virtual time: for tests of the adapter and of the simulator. */
import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '../audio/g711.js';
import type { ProviderError } from '../errors.js';
import {
  deepgramSpeechToText,
  type DeepgramSpeechToText,
  type DeepgramSpeechToTextOptions,
} from '../stt/deepgram/deepgram-speech-to-text.js';
import type { SpeechToTextStream, SttEvent } from '../stt/speech-to-text.js';
import { framesOf } from './caller-speech.js';
import { DeepgramSimulator, type DeepgramSimulatorOptions } from './deepgram-simulator.js';
import { until } from './light-relay.js';
import { passTime, untilQuiet } from './quiet-wire.js';
import { VirtualClock } from './virtual-clock.js';

/** The key of every such call: no error and no event may hold it. */
export const callKey = 'dg-very-secret-key';

export interface DeepgramCallOptions {
  readonly simulator?: DeepgramSimulatorOptions;
  readonly stt?: Partial<DeepgramSpeechToTextOptions>;
  /** @default mulaw at 8 kHz */
  readonly format?: AudioFormat;
}

/** An event and when it came, in milliseconds of the call's clock. */
export type TimedSttEvent = SttEvent & { readonly atMs: number };

const frameMs = 20;

export class DeepgramCall {
  readonly clock: VirtualClock;
  readonly simulator: DeepgramSimulator;
  readonly stt: DeepgramSpeechToText;
  readonly stream: SpeechToTextStream;
  readonly events: TimedSttEvent[] = [];
  readonly abort = new AbortController();
  /** The audio as it was written, encoded. */
  readonly written: Uint8Array[] = [];
  readonly #format: AudioFormat;

  private constructor(clock: VirtualClock, simulator: DeepgramSimulator, options: DeepgramCallOptions) {
    this.clock = clock;
    this.simulator = simulator;
    this.#format = options.format ?? { encoding: 'mulaw', sampleRateHz: 8000 };
    this.stt = deepgramSpeechToText({ apiKey: callKey, baseUrl: simulator.baseUrl, clock, ...options.stt });
    this.stream = this.stt.open({
      format: this.#format,
      signal: this.abort.signal,
      onEvent: (event) => this.events.push({ ...event, atMs: clock.nowMs() }),
    });
  }

  /** A call whose stream has just been opened; it may not be connected yet. End it with {@link end}. */
  static async place(options: DeepgramCallOptions = {}): Promise<DeepgramCall> {
    const clock = new VirtualClock();
    const simulator = await DeepgramSimulator.start({ clock, ...options.simulator });
    return new DeepgramCall(clock, simulator, options);
  }

  /** A call that Deepgram listens to. */
  static async connect(options: DeepgramCallOptions = {}): Promise<DeepgramCall> {
    const call = await DeepgramCall.place(options);
    await call.connected();
    return call;
  }

  async connected(): Promise<void> {
    // The first frame goes out when the socket is open; until then it waits in the adapter.
    this.write(silence(this.#format.sampleRateHz));
    await until(() => this.simulator.wire.received > 0);
    await untilQuiet(this.stt, this.simulator);
  }

  get finals(): string[] {
    return this.events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
  }

  get partials(): string[] {
    return this.events.flatMap((event) => (event.type === 'partial' ? [event.text] : []));
  }

  get errors(): ProviderError[] {
    return this.events.flatMap((event) => (event.type === 'error' ? [event.error] : []));
  }

  /** Writes audio at once. */
  write(samples: Int16Array): void {
    for (const frame of framesOf(samples, this.#format.sampleRateHz)) {
      const written = this.#format.encoding === 'mulaw' ? asPhoneAudio(frame) : frame;
      this.written.push(written.encoded?.bytes ?? bytesOf(written.samples));
      this.stream.write(written);
    }
  }

  /** Says something at the pace of a call. */
  async say(samples: Int16Array): Promise<void> {
    for (const { samples: part } of framesOf(samples, this.#format.sampleRateHz)) {
      this.write(part);
      await this.pass(frameMs);
    }
  }

  /** Is silent, for so long: the line goes on carrying audio. */
  async saySilence(durationMs: number): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += frameMs) await this.say(silence(this.#format.sampleRateHz));
  }

  /** Lets time pass in which nothing is written. */
  pass(ms: number, stepMs = frameMs): Promise<void> {
    return passTime(this.clock, ms, this.stt, this.simulator, stepMs);
  }

  /** Resolves with the stream's failure. */
  async failure(): Promise<ProviderError> {
    await until(() => this.errors.length > 0);
    const [error] = this.errors;
    if (!error) throw new Error('There is no failure.');
    return error;
  }

  /** Closes both ends. */
  async end(): Promise<void> {
    const closed = this.stream.close();
    // Time stands still, so a goodbye that does not come would be waited for in vain.
    await this.simulator.close();
    await closed;
  }
}

/** One frame of it. */
function silence(sampleRateHz: number): Int16Array {
  return new Int16Array((sampleRateHz * frameMs) / 1000);
}

function asPhoneAudio({ samples, sampleRateHz }: AudioFrame): AudioFrame {
  const bytes = encodeMulaw(samples);
  return { samples: decodeMulaw(bytes), sampleRateHz, encoded: { encoding: 'mulaw', bytes } };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
