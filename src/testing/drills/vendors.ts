import type { Clock } from '../../clock.js';
import type { ProviderKind } from '../../errors.js';
import { appointmentDesk } from '../../llm/local/appointment-desk.js';
import type { SessionConfig } from '../../server/config.js';
import type { SpeechToText } from '../../stt/speech-to-text.js';
import type { DeepgramFault } from '../deepgram/deepgram-fault.js';
import { hearingOf } from '../deepgram/recognised-hearing.js';
import type { SimulatedHearing } from '../deepgram/simulated-hearing.js';
import { DeepgramSimulator } from '../deepgram-simulator.js';
import { startElevenLabsSimulator, type ElevenLabsSimulator } from '../elevenlabs-simulator.js';
import { answersOf } from '../openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../openai-simulator.js';
import { simulatedKeys } from '../simulated-keys.js';
import type { HeardUtterance } from './drill-run.js';
import type { LoopbackTraffic } from './loopback-traffic.js';
import { toneSpeech } from './tone-speech.js';

export interface VendorsOptions {
  readonly clock: Clock;
  /** Hears what is really said. */
  readonly ear: SpeechToText;
  /** What goes wrong at the recogniser, connection by connection. */
  readonly sttFaults?: readonly DeepgramFault[];
  /** Called at the moment when any fault happens. */
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
  static async start({ clock, ear, sttFaults = [], onFault }: VendorsOptions): Promise<Vendors> {
    const abort = new AbortController();
    const hearing = new WatchedHearing(hearingOf(ear, abort.signal), clock);
    const shared = { clock, ...(onFault && { onFault }) };
    const [deepgram, openai, elevenlabs] = await Promise.all([
      DeepgramSimulator.start({
        ...shared,
        hearing: hearing.hearing,
        apiKey: simulatedKeys.deepgram,
        faults: sttFaults,
      }),
      startOpenAiSimulator({
        ...shared,
        answers: answersOf(appointmentDesk()),
        apiKey: simulatedKeys.openai,
      }),
      startElevenLabsSimulator({ ...shared, voice: toneSpeech, apiKey: simulatedKeys.elevenlabs }),
    ]);
    return new Vendors({ deepgram, openai, elevenlabs }, hearing, abort);
  }

  /** What a session must be given to use them. */
  get config(): {
    readonly [K in 'stt' | 'llm' | 'tts']: Exclude<NonNullable<SessionConfig[K]>, readonly unknown[]>;
  } {
    return {
      stt: { provider: 'deepgram', apiKey: simulatedKeys.deepgram, baseUrl: this.deepgram.baseUrl },
      llm: { provider: 'openai', apiKey: simulatedKeys.openai, baseUrl: this.openai.baseUrl },
      tts: { provider: 'elevenlabs', apiKey: simulatedKeys.elevenlabs, baseUrl: this.elevenlabs.baseUrl },
    };
  }

  /** The first utterance of the first connection; null as long as there was none. */
  get firstUtterance(): HeardUtterance | null {
    return this.#hearing.firstUtterance;
  }

  /** When each connection of the recogniser began to get audio, on the clock. */
  get listeningSinceMs(): readonly number[] {
    return this.#hearing.listeningSinceMs;
  }

  /** How often a provider was asked: connections to recogniser and voice, requests to the model. */
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

  /** What clients did that a vendor would not have taken. */
  get violations(): readonly string[] {
    return [...this.deepgram.violations, ...this.openai.problems, ...this.elevenlabs.problems];
  }

  /** What clients have left open, in words; empty when all is over. */
  leftOpen(traffic: LoopbackTraffic): string[] {
    const clientsOf = (url: string): number => traffic.clientsOf(Number(new URL(url).port));
    const open = {
      'connections to the recogniser': clientsOf(this.deepgram.baseUrl),
      // Its connections are kept for other requests.
      'requests to the model': this.openai.openAnswers,
      'connections to the voice': clientsOf(this.elevenlabs.baseUrl),
    };
    return Object.entries(open).flatMap(([what, count]) => (count > 0 ? `${count} ${what}` : []));
  }

  /** Cuts what is still open and frees the ports. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all([this.deepgram.close(), this.openai.close(), this.elevenlabs.close()]);
  }
}

/** Notes where in its audio a connection hears speech, and when it is asked for a final. */
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
