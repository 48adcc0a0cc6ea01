import type { Clock } from '../core/clock.js';
import { HzRelayError, type ProviderKind } from '../core/errors.js';
import { appointmentDesk } from '../providers/local/llm/appointment-desk.js';
import type { ChatMessage } from '../providers/language-model.js';
import type { SpeechToText } from '../providers/speech-to-text.js';
import type { SessionConfig } from '../relay/config/config.js';
import { answersOf } from '../simulators/openai/openai-script.js';
import { hearingOf } from '../simulators/recognised-hearing.js';
import type { SimulatedHearing } from '../simulators/simulated-hearing.js';
import type {
  RecogniserFault,
  SimulatedAnswers,
  SimulatorDefinition,
  SimulatorOptionsOf,
  VendorSimulator,
} from '../simulators/vendor-simulator.js';
import { simulatorsOf } from '../simulators/vendor-simulators.js';
import type { HeardUtterance } from './drill-run.js';
import { callingDrillTool } from './drill-tool.js';
import type { LoopbackTraffic } from './loopback-traffic.js';
import { toneSpeech } from './tone-speech.js';
import type { Billed } from './usage-check.js';

/** Which vendors are simulated, by the name of their provider. */
export type VendorNames = Record<ProviderKind, string>;

export const defaultVendors: VendorNames = { stt: 'deepgram', llm: 'openai', tts: 'elevenlabs' };

export interface VendorsOptions {
  readonly clock: Clock;
  /** Recognises the actual speech. */
  readonly ear: SpeechToText;
  /** @default {@link defaultVendors} */
  readonly names?: VendorNames | undefined;
  /** The recogniser's faults, by connection. */
  readonly sttFaults?: readonly RecogniserFault[];
  /** The random seed for the shape of each response, drawn from all that real vendors have been seen to send. */
  readonly mannersSeed?: number | undefined;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
}

/** A running simulator and what it was made from. */
interface Running<Kind extends ProviderKind> {
  readonly definition: SimulatorDefinition<Kind>;
  readonly simulator: VendorSimulator<Kind>;
}

type AllRunning = { readonly [Kind in ProviderKind]: Running<Kind> };

/** The three vendors that one session uses, on the real wire. */
export class Vendors {
  readonly #running: AllRunning;
  readonly #hearing: WatchedHearing;
  readonly #abort: AbortController;

  private constructor(running: AllRunning, hearing: WatchedHearing, abort: AbortController) {
    this.#running = running;
    this.#hearing = hearing;
    this.#abort = abort;
  }

  /** Listening simulators. Close them with {@link close}. */
  static async start({
    clock,
    ear,
    names = defaultVendors,
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
    const [stt, llm, tts] = await Promise.all([
      started('stt', names.stt, { ...shared, hearing: hearing.hearing, faults: sttFaults }),
      started('llm', names.llm, {
        ...shared,
        answers: onlyWords(answersOf(callingDrillTool(appointmentDesk()))),
      }),
      started('tts', names.tts, { ...shared, voice: toneSpeech }),
    ]);
    return new Vendors({ stt, llm, tts }, hearing, abort);
  }

  get llm(): VendorSimulator<'llm'> {
    return this.#running.llm.simulator;
  }

  get tts(): VendorSimulator<'tts'> {
    return this.#running.tts.simulator;
  }

  /** The session config that uses them. */
  get config(): {
    readonly [K in ProviderKind]: Exclude<NonNullable<SessionConfig[K]>, readonly unknown[]>;
  } {
    const { stt, llm, tts } = this.#running;
    return { stt: configOf(stt), llm: configOf(llm), tts: configOf(tts) };
  }

  /** The first utterance of the first connection; null until there is one. */
  get firstUtterance(): HeardUtterance | null {
    return this.#hearing.firstUtterance;
  }

  /** When each connection of the recogniser began to get audio, on the clock. */
  get listeningSinceMs(): readonly number[] {
    return this.#hearing.listeningSinceMs;
  }

  /** The number of attempts at a provider. */
  asked(kind: ProviderKind): number {
    return this.#running[kind].simulator.attempts;
  }

  /** The names of their providers. */
  get names(): VendorNames {
    const { stt, llm, tts } = this.#running;
    return { stt: stt.definition.name, llm: llm.definition.name, tts: tts.definition.name };
  }

  /** What they would charge for. */
  get billed(): Billed {
    const { stt, llm, tts } = this.#running;
    return { stt: stt.simulator.billed, llm: llm.simulator.billed, tts: tts.simulator.billed };
  }

  /** What clients did that a real vendor would have rejected. */
  get violations(): readonly string[] {
    return this.#all.flatMap(({ simulator }) => simulator.problems);
  }

  /** What clients have left open, as text; empty if nothing. */
  leftOpen(traffic: LoopbackTraffic): string[] {
    return this.#all.flatMap(({ definition, simulator: { baseUrl, openAnswers } }) => {
      const isKept = openAnswers !== null;
      const count = openAnswers ?? traffic.clientsOf(Number(new URL(baseUrl).port));
      const what = isKept ? 'requests to' : 'connections to';
      return count > 0 ? `${count} ${what} ${definition.name} (${definition.kind})` : [];
    });
  }

  /** Closes open connections and frees the ports. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#all.map(({ simulator }) => simulator.close()));
  }

  get #all(): readonly Running<ProviderKind>[] {
    return Object.values(this.#running);
  }
}

async function started<Kind extends ProviderKind>(
  kind: Kind,
  name: string,
  options: SimulatorOptionsOf[Kind],
): Promise<Running<Kind>> {
  const known = simulatorsOf(kind);
  const definition = known.find((one) => one.name === name);
  if (!definition)
    throw new HzRelayError(
      `There is no simulated ${kind} ${JSON.stringify(name)}. There are: ${known.map((one) => one.name).join(', ')}.`,
    );
  return { definition, simulator: await definition.start({ ...options, apiKey: definition.apiKey }) };
}

function configOf<Kind extends ProviderKind>({
  definition: { name, apiKey, config },
  simulator: { baseUrl },
}: Running<Kind>): never {
  // The registry of providers and that of simulators agree by name, which no type says.
  return { ...config, provider: name, apiKey, baseUrl } as never;
}

/**
 * Some vendors want a message of the user first, or last; their adapters write one in brackets, which a model understands
 * and the scripted desk does not.
 */
function onlyWords(answers: SimulatedAnswers): SimulatedAnswers {
  const isAside = ({ role, content }: ChatMessage): boolean =>
    role === 'user' && content.startsWith('(') && content.endsWith(')');
  return (request) => answers({ ...request, messages: request.messages.filter((one) => !isAside(one)) });
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
