/** A call's supervised speech to text with simulated recognisers, in virtual time. */
import type { AudioFormat } from '#src/audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '#src/audio/g711.js';
import type { ProviderIncident } from '#src/events/provider-incident.js';
import { deepgramSpeechToText } from '#src/providers/deepgram/deepgram-speech-to-text.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '#src/providers/speech-to-text.js';
import {
  supervisedSpeechToText,
  type SupervisedSpeechToText,
} from '#src/fallback/stt/supervised-speech-to-text.js';
import type { Candidate } from '#src/fallback/policy/candidate.js';
import type { Supervision } from '#src/fallback/policy/supervision.js';
import { framesOf } from '#src/simulators/caller-speech.js';
import {
  DeepgramSimulator,
  type DeepgramSimulatorOptions,
} from '#src/simulators/deepgram/deepgram-simulator.js';
import { LoopbackTraffic } from '#src/drills/loopback-traffic.js';
import { sayTones, toneHearing } from './tone-words.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';

export interface SupervisedCallOptions {
  /** @default 'nova-3' */
  readonly model?: string;
  readonly simulator?: DeepgramSimulatorOptions;
  readonly slaMs?: number;
  /** Candidates after Deepgram. */
  readonly others?: readonly Candidate<SpeechToText>[];
  readonly supervision?: Partial<Supervision>;
  /** @default mulaw at 8 kHz */
  readonly format?: AudioFormat;
  /** Silence after which the caller's speech counts as over. @default 180 */
  readonly endOfSpeechMs?: number;
}

const frameMs = 20;
/** Time from the begin of speech until the detector reports it. */
const onsetMs = 100;

export class SupervisedCall {
  readonly events: (SttEvent & { readonly atMs: number })[] = [];
  /** What a supervisor did; the ids of connections are in {@link requestIds}. */
  readonly incidents: (ProviderIncident & { readonly atMs: number })[] = [];
  readonly requestIds: string[] = [];
  readonly clock: VirtualClock;
  readonly simulator: DeepgramSimulator;
  readonly stt: SupervisedSpeechToText;
  /** The latest one. */
  stream: SpeechToTextStream;
  /** Supervisors that have replaced the first. */
  readonly #successors: SupervisedSpeechToText[] = [];
  #due: { inMs: number; readonly work: () => Promise<void> } | null = null;
  readonly #options: SupervisedCallOptions;
  readonly #format: AudioFormat;
  readonly #traffic: LoopbackTraffic;
  readonly #sampleRateHz: number;
  readonly #endOfSpeechMs: number;

  private constructor(
    clock: VirtualClock,
    simulator: DeepgramSimulator,
    traffic: LoopbackTraffic,
    options: SupervisedCallOptions,
  ) {
    this.clock = clock;
    this.simulator = simulator;
    this.#traffic = traffic;
    const { model = 'nova-3', slaMs, others = [], supervision = {} } = options;
    const format = options.format ?? { encoding: 'mulaw', sampleRateHz: 8000 };
    this.#options = options;
    this.#format = format;
    this.#sampleRateHz = format.sampleRateHz;
    this.#endOfSpeechMs = options.endOfSpeechMs ?? 180;
    const deepgram = deepgramSpeechToText({ apiKey: 'secret', baseUrl: simulator.baseUrl, clock, model });
    this.stt = supervisedSpeechToText({
      candidates: [{ provider: deepgram, slaMs }, ...others],
      clock,
      supervision,
      random: () => 0.5,
    });
    this.stream = this.#open(this.stt, null);
  }

  /** Deepgram with another model, at the same simulator. */
  deepgram(model: string): SpeechToText {
    const { clock, simulator } = this;
    return deepgramSpeechToText({ apiKey: 'secret', baseUrl: simulator.baseUrl, clock, model });
  }

  /** Another list of recognisers takes the call over. */
  async replaceBy(...providers: readonly SpeechToText[]): Promise<void> {
    const { supervision = {} } = this.#options;
    const candidates = providers.map((provider) => ({ provider }));
    const next = supervisedSpeechToText({ candidates, clock: this.clock, supervision, random: () => 0.5 });
    this.#successors.push(next);
    await next.prepare(this.#format);
    const before = this.stream;
    this.stream = this.#open(next, before);
    void before.close();
  }

  #open(stt: SupervisedSpeechToText, replaces: SpeechToTextStream | null): SpeechToTextStream {
    return stt.open({
      format: this.#format,
      signal: new AbortController().signal,
      ...(replaces && { replaces }),
      onEvent: (event) => this.events.push({ ...event, atMs: this.clock.nowMs() }),
      onIncident: (incident) => {
        if (incident.type === 'request') this.requestIds.push(incident.requestId);
        else this.incidents.push({ ...incident, atMs: this.clock.nowMs() });
      },
    });
  }

  /** Starts a call whose caller has been silent for `silentMs`. End it with {@link end}. */
  static async place(options: SupervisedCallOptions = {}, silentMs = 400): Promise<SupervisedCall> {
    const clock = new VirtualClock();
    const traffic = new LoopbackTraffic();
    const simulator = await DeepgramSimulator.start({ hearing: toneHearing, ...options.simulator, clock });
    const call = new SupervisedCall(clock, simulator, traffic, options);
    await call.saySilence(silentMs);
    return call;
  }

  get finals(): string[] {
    return this.events.flatMap((event) => (event.type === 'final' && event.text !== '' ? [event.text] : []));
  }

  /** All words of finals, in order. */
  get words(): string {
    return this.finals.join(' ');
  }

  /** The words of all finals at the time of each flush's answer. */
  get answers(): string[] {
    let said: string[] = [];
    return this.events.flatMap((event) => {
      if (event.type !== 'final') return [];
      if (event.text !== '') said = [...said, event.text];
      return event.answersFlush === true ? [said.join(' ')] : [];
    });
  }

  /** The incidents in order: kind and details. */
  get story(): string[] {
    return this.incidents.flatMap((incident) => {
      switch (incident.type) {
        case 'error':
          return `error ${incident.error.category}`;
        case 'reconnect':
          return `reconnect ${incident.provider} ${incident.attempt}`;
        case 'failover':
          return `failover ${incident.from} ${incident.to}`;
        case 'recovered':
          return `recovered ${incident.provider}`;
        case 'request':
          return [];
        case 'warning':
          return `warning ${incident.code}`;
      }
    });
  }

  /** Says words as in a session: speech start is reported, and a flush follows after some silence. */
  async say(...words: readonly string[]): Promise<void> {
    const samples = sayTones(words, this.#sampleRateHz);
    const onset = (onsetMs * this.#sampleRateHz) / 1000;
    await this.line(samples.subarray(0, onset));
    this.stream.speechStarted?.();
    await this.line(samples.subarray(onset));
    await this.saySilence(this.#endOfSpeechMs);
    this.stream.flush();
  }

  async saySilence(durationMs: number): Promise<void> {
    await this.line(new Int16Array((durationMs * this.#sampleRateHz) / 1000));
  }

  /** Plays a noise that the detector reports as speech. */
  async noise(durationMs: number): Promise<void> {
    const perMs = this.#sampleRateHz / 1000;
    // Too loud for silence, but not a word.
    const samples = Int16Array.from({ length: durationMs * perMs }, (_, index) => (index % 3) * 1500 - 1500);
    await this.line(samples.subarray(0, onsetMs * perMs));
    this.stream.speechStarted?.();
    await this.line(samples.subarray(onsetMs * perMs));
    await this.saySilence(this.#endOfSpeechMs);
    this.stream.flush();
  }

  /** Calls `work` once this much more audio was written. */
  after(audioMs: number, work: () => Promise<void>): void {
    this.#due = { inMs: audioMs, work };
  }

  /** Writes audio at the pace of a call. */
  async line(samples: Int16Array): Promise<void> {
    for (const frame of framesOf(samples, this.#sampleRateHz)) {
      const bytes = encodeMulaw(frame.samples);
      const encoded = { encoding: 'mulaw', bytes } as const;
      const isPhone = this.#sampleRateHz === 8000;
      this.stream.write(isPhone ? { ...frame, samples: decodeMulaw(bytes), encoded } : frame);
      await this.pass(frameMs);
      if (this.#due && (this.#due.inMs -= frameMs) <= 0) {
        const { work } = this.#due;
        this.#due = null;
        await work();
      }
    }
  }

  /** Lets time pass without writing audio. */
  async pass(ms: number): Promise<void> {
    await this.#traffic.idle();
    for (let passedMs = 0; passedMs < ms; passedMs += frameMs) {
      this.clock.advance(Math.min(frameMs, ms - passedMs));
      await this.#traffic.idle();
    }
  }

  /** Closes everything. */
  async end(): Promise<void> {
    const closed = this.stream.close();
    await this.#traffic.idle();
    // Virtual time stands still, so waiting for a close that never arrives would hang.
    await this.simulator.close();
    await Promise.all([closed, this.stt.close(), ...this.#successors.map((stt) => stt.close())]);
    this.#traffic.close();
  }
}
