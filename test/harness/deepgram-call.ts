/** One stream to a simulated Deepgram in virtual time, for tests of the adapter and the simulator. */
import type { AudioFormat, AudioFrame } from '#src/audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '#src/audio/g711.js';
import type { ProviderError } from '#src/core/errors.js';
import type { ProviderIncident } from '#src/events/provider-incident.js';
import type { SttUsage } from '#src/metrics/provider-usage.js';
import {
  deepgramSpeechToText,
  type DeepgramSpeechToText,
  type DeepgramSpeechToTextOptions,
} from '#src/providers/deepgram/deepgram-speech-to-text.js';
import type { SpeechToTextStream, SttEvent } from '#src/providers/speech-to-text.js';
import { framesOf } from '#src/simulators/caller-speech.js';
import {
  DeepgramSimulator,
  type DeepgramSimulatorOptions,
} from '#src/simulators/deepgram/deepgram-simulator.js';
import { until } from './light-relay.js';
import { passTime, untilQuiet } from './quiet-wire.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';

/** The key of these calls: no error or event may contain it. */
export const callKey = 'dg-very-secret-key';

export interface DeepgramCallOptions {
  readonly simulator?: DeepgramSimulatorOptions;
  readonly stt?: Partial<DeepgramSpeechToTextOptions>;
  /** @default mulaw at 8 kHz */
  readonly format?: AudioFormat;
}

/** An event with its time, in milliseconds of the call's clock. */
export type TimedSttEvent = SttEvent & { readonly atMs: number };

const frameMs = 20;

export class DeepgramCall {
  readonly clock: VirtualClock;
  readonly simulator: DeepgramSimulator;
  readonly stt: DeepgramSpeechToText;
  readonly stream: SpeechToTextStream;
  readonly events: TimedSttEvent[] = [];
  readonly incidents: ProviderIncident[] = [];
  readonly usage: SttUsage[] = [];
  readonly abort = new AbortController();
  /** The written audio, encoded. */
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
      onIncident: (incident) => this.incidents.push(incident),
      onUsage: (usage) => this.usage.push(usage),
    });
  }

  /** Starts a call whose stream may not be connected yet. End it with {@link end}. */
  static async place(options: DeepgramCallOptions = {}): Promise<DeepgramCall> {
    const clock = new VirtualClock();
    const simulator = await DeepgramSimulator.start({ clock, ...options.simulator });
    return new DeepgramCall(clock, simulator, options);
  }

  /** Starts a call whose stream is connected. */
  static async connect(options: DeepgramCallOptions = {}): Promise<DeepgramCall> {
    const call = await DeepgramCall.place(options);
    await call.connected();
    return call;
  }

  async connected(): Promise<void> {
    // The adapter sends the first frame when its socket is open.
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

  /** Writes speech at the pace of a call. */
  async say(samples: Int16Array): Promise<void> {
    for (const { samples: part } of framesOf(samples, this.#format.sampleRateHz)) {
      this.write(part);
      await this.pass(frameMs);
    }
  }

  /** Writes silence at the pace of a call. */
  async saySilence(durationMs: number): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += frameMs) await this.say(silence(this.#format.sampleRateHz));
  }

  /** Lets time pass without writing audio. */
  pass(ms: number, stepMs = frameMs): Promise<void> {
    return passTime(this.clock, ms, this.stt, this.simulator, stepMs);
  }

  /** Resolves with the stream's failure. */
  async failure(): Promise<ProviderError> {
    await until(() => this.errors.length > 0);
    const [error] = this.errors;
    if (!error) throw new Error('The stream did not fail.');
    return error;
  }

  /** Closes both ends. */
  async end(): Promise<void> {
    const closed = this.stream.close();
    // Virtual time stands still, so waiting for a close that never arrives would hang.
    await this.simulator.close();
    await closed;
  }
}

/** One frame of silence. */
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
