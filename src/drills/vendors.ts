import type { Clock } from '../core/clock.js';
import type { ProviderKind } from '../core/errors.js';
import { appointmentDesk } from '../providers/local/llm/appointment-desk.js';
import type { SessionConfig } from '../relay/config/config.js';
import type { SpeechToText } from '../providers/speech-to-text.js';
import type { DeepgramFault } from '../simulators/deepgram/deepgram-fault.js';
import { hearingOf } from '../simulators/recognised-hearing.js';
import type { SimulatedHearing } from '../simulators/simulated-hearing.js';
import { DeepgramSimulator } from '../simulators/deepgram/deepgram-simulator.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '../simulators/elevenlabs/elevenlabs-simulator.js';
import { answersOf } from '../simulators/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../simulators/openai/openai-simulator.js';
import { simulatedKeys } from '../simulators/simulated-keys.js';
import type { HeardUtterance } from './drill-run.js';
import { callingDrillTool } from './drill-tool.js';
import type { LoopbackTraffic } from './loopback-traffic.js';
import { toneSpeech } from './tone-speech.js';

export interface VendorsOptions {
  readonly clock: Clock;
  /** Recognises the actual speech. */
  readonly ear: SpeechToText;
  /** The recogniser's faults, by connection. */
  readonly sttFaults?: readonly DeepgramFault[];
  /** The random seed for the shape of each response, drawn from all that real vendors have been seen to send. */
  readonly mannersSeed?: number | undefined;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
}

/** The three vendors that one session uses, on the real wire. */
export class Vendors {
  readonly deepgram: DeepgramSimulator;
  readonly openai: OpenAiSimulator;
  readonly elevenlabs: ElevenLabsSimulator;
  readonly #hearing: WatchedHearing;
  readonly #abort: AbortController;

  private constructor(
    simulators: Pick<Vendors, 'deepgram' | 'openai' | 'elevenlabs'>,
    hearing: WatchedHearing,
    abort: AbortController,
  ) {
    this.deepgram = simulators.deepgram;
    this.openai = simulators.openai;
    this.elevenlabs = simulators.elevenlabs;
    this.#hearing = hearing;
    this.#abort = abort;
  }

  /** Listening simulators. Close them with {@link close}. */
  static async start({
    clock,
    ear,
    sttFaults = [],
    mannersSeed: seed,
    onFault,
  }: VendorsOptions): Promise<Vendors> {
    const abort = new AbortController();
    const hearing = new WatchedHearing(hearingOf(ear, abort.signal), clock);
    const shared = {
      clock,
      ...(seed !== undefined && { manners: 'random' as const, seed }),
      ...(onFault && { onFault }),
    };
    const [deepgram, openai, elevenlabs] = await Promise.all([
      DeepgramSimulator.start({
        ...shared,
        hearing: hearing.hearing,
        apiKey: simulatedKeys.deepgram,
        faults: sttFaults,
      }),
      startOpenAiSimulator({
        ...shared,
        answers: answersOf(callingDrillTool(appointmentDesk())),
        apiKey: simulatedKeys.openai,
      }),
      startElevenLabsSimulator({ ...shared, voice: toneSpeech, apiKey: simulatedKeys.elevenlabs }),
    ]);
    return new Vendors({ deepgram, openai, elevenlabs }, hearing, abort);
  }

  /** The session config that uses them. */
  get config(): {
    readonly [K in 'stt' | 'llm' | 'tts']: Exclude<NonNullable<SessionConfig[K]>, readonly unknown[]>;
  } {
    return {
      stt: { provider: 'deepgram', apiKey: simulatedKeys.deepgram, baseUrl: this.deepgram.baseUrl },
      llm: { provider: 'openai', apiKey: simulatedKeys.openai, baseUrl: this.openai.baseUrl },
      tts: { provider: 'elevenlabs', apiKey: simulatedKeys.elevenlabs, baseUrl: this.elevenlabs.baseUrl },
    };
  }

  /** The first utterance of the first connection; null until there is one. */
  get firstUtterance(): HeardUtterance | null {
    return this.#hearing.firstUtterance;
  }

  /** When each connection of the recogniser began to get audio, on the clock. */
  get listeningSinceMs(): readonly number[] {
    return this.#hearing.listeningSinceMs;
  }

  /** The number of attempts at a provider: connections to recogniser and voice, requests to the model. */
  asked(kind: ProviderKind): number {
    switch (kind) {
      case 'stt':
        return this.deepgram.attempts;
      case 'llm':
        return this.openai.requests.length;
      case 'tts':
        return this.elevenlabs.connections;
    }
  }

  /** What clients did that a real vendor would have rejected. */
  get violations(): readonly string[] {
    return [...this.deepgram.problems, ...this.openai.problems, ...this.elevenlabs.problems];
  }

  /** What clients have left open, as text; empty if nothing. */
  leftOpen(traffic: LoopbackTraffic): string[] {
    const clientsOf = (url: string): number => traffic.clientsOf(Number(new URL(url).port));
    const open = {
      'connections to the recogniser': clientsOf(this.deepgram.baseUrl),
      // Count requests: connections are kept for later ones.
      'requests to the model': this.openai.openAnswers,
      'connections to the voice': clientsOf(this.elevenlabs.baseUrl),
    };
    return Object.entries(open).flatMap(([what, count]) => (count > 0 ? `${count} ${what}` : []));
  }

  /** Closes open connections and frees the ports. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all([this.deepgram.close(), this.openai.close(), this.elevenlabs.close()]);
  }
}

/** Records where in a connection's audio speech occurs, and when a final is requested. */
class WatchedHearing {
  firstUtterance: HeardUtterance | null = null;
  readonly listeningSinceMs: number[] = [];
  readonly #hearing: SimulatedHearing;
  readonly #clock: Clock;

  constructor(hearing: SimulatedHearing, clock: Clock) {
    this.#hearing = hearing;
    this.#clock = clock;
  }

  readonly hearing: SimulatedHearing = (sampleRateHz) => {
    const ear = this.#hearing(sampleRateHz);
    let samplesHeard = 0;
    let speech: { readonly fromMs: number; untilMs: number } | null = null;
    const positionMs = (): number => (samplesHeard / sampleRateHz) * 1000;
    return {
      hear: (samples, isSpeech) => {
        if (samplesHeard === 0) this.listeningSinceMs.push(this.#clock.nowMs());
        if (isSpeech) speech ??= { fromMs: positionMs(), untilMs: 0 };
        samplesHeard += samples.length;
        if (isSpeech && speech) speech.untilMs = positionMs();
        ear.hear(samples, isSpeech);
      },
      settle: () => {
        if (speech) this.firstUtterance ??= { ...speech, flushedMs: positionMs() };
        return ear.settle();
      },
      get words() {
        return ear.words;
      },
    };
  };
}
