/** One stream of a recogniser to its simulator in virtual time, for tests of adapters that share `live-stream.ts`. */
import type { AudioFormat, AudioFrame } from '#src/audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '#src/audio/g711.js';
import type { ProviderError } from '#src/core/errors.js';
import type { ProviderIncident } from '#src/events/provider-incident.js';
import type { SttUsage } from '#src/metrics/provider-usage.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '#src/providers/speech-to-text.js';
import { framesOf } from '#src/simulators/caller-speech.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { VendorSimulator } from '#src/simulators/vendor-simulator.js';
import { until } from './light-relay.js';
import { passTime, untilQuiet, type WireEnd } from './quiet-wire.js';

/** An event with its time, in milliseconds of the call's clock. */
export type TimedEvent = SttEvent & { readonly atMs: number };

/** What a call is made of. */
export interface RecogniserParts<Simulator> {
  readonly simulate: (clock: VirtualClock) => Promise<Simulator>;
  readonly recognise: (baseUrl: string, clock: VirtualClock) => SpeechToText & WireEnd;
  /** @default mulaw at 8 kHz */
  readonly format?: AudioFormat;
}

const frameMs = 20;

export class RecogniserCall<Simulator extends VendorSimulator<'stt'> & WireEnd> {
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  readonly stt: SpeechToText & WireEnd;
  readonly stream: SpeechToTextStream;
  readonly events: TimedEvent[] = [];
  readonly incidents: ProviderIncident[] = [];
  readonly usage: SttUsage[] = [];
  readonly abort = new AbortController();
  readonly #format: AudioFormat;

  private constructor(clock: VirtualClock, simulator: Simulator, parts: RecogniserParts<Simulator>) {
    this.clock = clock;
    this.simulator = simulator;
    this.#format = parts.format ?? { encoding: 'mulaw', sampleRateHz: 8000 };
    this.stt = parts.recognise(simulator.baseUrl, clock);
    this.stream = this.stt.open({
      format: this.#format,
      signal: this.abort.signal,
      onEvent: (event) => this.events.push({ ...event, atMs: clock.nowMs() }),
      onIncident: (incident) => this.incidents.push(incident),
      onUsage: (usage) => this.usage.push(usage),
    });
  }

  /** Starts a call whose stream may not be connected yet. End it with {@link end}. */
  static async place<Simulator extends VendorSimulator<'stt'> & WireEnd>(
    parts: RecogniserParts<Simulator>,
  ): Promise<RecogniserCall<Simulator>> {
    const clock = new VirtualClock();
    return new RecogniserCall(clock, await parts.simulate(clock), parts);
  }

  /** Starts a call whose stream is connected. */
  static async connect<Simulator extends VendorSimulator<'stt'> & WireEnd>(
    parts: RecogniserParts<Simulator>,
  ): Promise<RecogniserCall<Simulator>> {
    const call = await RecogniserCall.place(parts);
    await call.connected();
    return call;
  }

  /** The stream is open. */
  async connected(): Promise<void> {
    await until(() => this.events.length > 0);
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

  /** Seconds of all reports of usage. */
  get usedSeconds(): number {
    return this.usage.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /** Writes audio at once. */
  write(samples: Int16Array): void {
    for (const frame of framesOf(samples, this.#format.sampleRateHz))
      this.stream.write(this.#format.encoding === 'mulaw' ? asPhoneAudio(frame) : frame);
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
    for (let ms = 0; ms < durationMs; ms += frameMs)
      await this.say(new Int16Array((this.#format.sampleRateHz * frameMs) / 1000));
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

function asPhoneAudio({ samples, sampleRateHz }: AudioFrame): AudioFrame {
  const bytes = encodeMulaw(samples);
  return { samples: decodeMulaw(bytes), sampleRateHz, encoded: { encoding: 'mulaw', bytes } };
}
