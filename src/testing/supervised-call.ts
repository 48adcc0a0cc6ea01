/** A call's speech to text under supervision, with simulated recognisers, in virtual time. */
import type { AudioFormat } from '../audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '../audio/g711.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import { deepgramSpeechToText } from '../stt/deepgram/deepgram-speech-to-text.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../stt/speech-to-text.js';
import { supervisedSpeechToText, type SupervisedSpeechToText } from '../stt/supervised-speech-to-text.js';
import type { Member } from '../supervisor/line-up.js';
import type { Supervision } from '../supervisor/supervision.js';
import { framesOf } from './caller-speech.js';
import { DeepgramSimulator, type DeepgramSimulatorOptions } from './deepgram-simulator.js';
import { LoopbackTraffic } from './drills/loopback-traffic.js';
import { sayTones, toneHearing } from './tone-words.js';
import { VirtualClock } from './virtual-clock.js';

export interface SupervisedCallOptions {
  /** @default 'nova-3' */
  readonly model?: string;
  readonly simulator?: DeepgramSimulatorOptions;
  readonly slaMs?: number;
  /** Members behind Deepgram. */
  readonly others?: readonly Member<SpeechToText>[];
  readonly supervision?: Partial<Supervision>;
  /** @default mulaw at 8 kHz */
  readonly format?: AudioFormat;
  /** Silence after which the caller's speech counts as over. @default 180 */
  readonly endOfSpeechMs?: number;
}

const frameMs = 20;
/** A detector is sure of speech so long after it began. */
const onsetMs = 100;

export class SupervisedCall {
  readonly events: (SttEvent & { readonly atMs: number })[] = [];
  readonly incidents: (ProviderIncident & { readonly atMs: number })[] = [];
  readonly clock: VirtualClock;
  readonly simulator: DeepgramSimulator;
  readonly stt: SupervisedSpeechToText;
  readonly stream: SpeechToTextStream;
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
    this.#sampleRateHz = format.sampleRateHz;
    this.#endOfSpeechMs = options.endOfSpeechMs ?? 180;
    const deepgram = deepgramSpeechToText({ apiKey: 'secret', baseUrl: simulator.baseUrl, clock, model });
    this.stt = supervisedSpeechToText({
      members: [{ provider: deepgram, slaMs }, ...others],
      clock,
      supervision,
      random: () => 0.5,
    });
    this.stream = this.stt.open({
      format,
      signal: new AbortController().signal,
      onEvent: (event) => this.events.push({ ...event, atMs: clock.nowMs() }),
      onIncident: (incident) => this.incidents.push({ ...incident, atMs: clock.nowMs() }),
    });
  }

  /** A call whose caller has been silent for a while. End it with {@link end}. */
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

  /** What had been said in finals when each flush was answered. */
  get answers(): string[] {
    let said: string[] = [];
    return this.events.flatMap((event) => {
      if (event.type !== 'final') return [];
      if (event.text !== '') said = [...said, event.text];
      return event.answersFlush === true ? [said.join(' ')] : [];
    });
  }

  /** Kinds of incident, in order, with what tells them apart. */
  get story(): string[] {
    return this.incidents.map((incident) => {
      switch (incident.type) {
        case 'error':
          return `error ${incident.error.category}`;
        case 'reconnect':
          return `reconnect ${incident.provider} ${incident.attempt}`;
        case 'failover':
          return `failover ${incident.from} ${incident.to}`;
        case 'recovered':
          return `recovered ${incident.provider}`;
        case 'warning':
          return `warning ${incident.code}`;
      }
    });
  }

  /** Says words as a session would hear them: their start is noticed, and after some silence a flush is made. */
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

  /** Lets the line carry audio at its pace. */
  async line(samples: Int16Array): Promise<void> {
    for (const frame of framesOf(samples, this.#sampleRateHz)) {
      const bytes = encodeMulaw(frame.samples);
      const encoded = { encoding: 'mulaw', bytes } as const;
      const isPhone = this.#sampleRateHz === 8000;
      this.stream.write(isPhone ? { ...frame, samples: decodeMulaw(bytes), encoded } : frame);
      await this.pass(frameMs);
    }
  }

  /** Lets time pass in which nothing is written. */
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
    // Time stands still, so a goodbye that does not come would be waited for in vain.
    await this.simulator.close();
    await Promise.all([closed, this.stt.close()]);
    this.#traffic.close();
  }
}
