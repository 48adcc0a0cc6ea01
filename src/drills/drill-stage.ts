/**
 * Runs one drill: a relay, simulated vendors on the real wire, a caller whose session meets the fault, and a neighbour
 * whose concurrent session must not notice it. All on one virtual clock, so that a call takes a second and every run is
 * the same.
 */
import { messageOf } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import type { Caller } from '../replay/caller.js';
import type { CallerBehaviour } from '../replay/conversation.js';
import type { Recording } from '../replay/recordings.js';
import type { ReplayResult } from '../replay/replay-call.js';
import type { RelaySessionConfig } from '../relay/config/config.js';
import type { ProviderUsage } from '../metrics/provider-usage.js';
import type { AgentTools } from '../session/agent-tools.js';
import type { TransportType } from '../transport/transport.js';
import { simulatedKeys } from '../simulators/simulated-keys.js';
import { vendorSimulators } from '../simulators/vendor-simulators.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { VirtualRelay, type TestVoices } from './virtual-call.js';
import { connectionBreaks } from './connection-breaks.js';
import { needsTool, type Drill } from './drill.js';
import { drillTools } from './drill-tool.js';
import { armForAnswer, armForCall, recogniserFaults } from './drill-faults.js';
import type { CallerRun, DrillRun, HeardUtterance } from './drill-run.js';
import { LoopbackTraffic } from './loopback-traffic.js';
import { standInVoice } from './stand-in-voice.js';
import { usageProblems } from './usage-check.js';
import { wordsInTones } from './tone-speech.js';
import { Vendors, type VendorNames } from './vendors.js';

/** What the agent says if it has no answer. */
export const drillApology = 'Sorry, something went wrong here. Please say that once more.';

const agent = {
  systemPrompt: 'You are the friendly receptionist of an appointment desk. Keep your answers short.',
  greeting: 'Hello, how can I help you?',
  apology: drillApology,
  // A filler would depend on the shapes of the answers, and its words would count as strange.
  filler: '',
  // The words of the embedded voice cannot be decoded from audio.
  apologyVoice: standInVoice,
};

/** Both ends of the drill's calls use this token, so that one in the environment has no effect. */
const { twilio: twilioAuthToken } = simulatedKeys;

/** A caller that waits for the rest of an answer when something has stopped in the middle, for so long. */
const waitingCaller = (awayMs: number): Partial<CallerBehaviour> => ({ finishedAfterMs: 5000 + awayMs });

/** The relay warns of a recogniser without words only after this much speech. */
const longSpeechMs = 9000;

export interface StageOptions {
  readonly via: TransportType;
  /** At the caller's sample rate. */
  readonly recordings: readonly Recording[];
  /** The embedded providers: they recognise speech for the simulated recogniser, and serve as fallbacks. */
  readonly voices: TestVoices;
  /** The random seed for the shapes of the vendors' responses. @default the documented shapes */
  readonly mannersSeed?: number | undefined;
  /** Which vendors are simulated. @default the usual ones */
  readonly vendors?: VendorNames | undefined;
  /** Whether answers are begun before their turn is certain. @default true */
  readonly speculation?: boolean;
  /** Aborting hangs up. */
  readonly signal?: AbortSignal;
}

/** Holds the reference call, without a fault; with `tool`, that of the drills whose agent has a tool. */
export function rehearse(options: StageOptions, { tool = false } = {}): Promise<DrillRun> {
  return perform(null, null, { ...options, tool });
}

/** Holds the call with the fault; `utterance` is the rehearsal's. Rejects if the call does not end. */
export function performDrill(
  drill: Drill,
  utterance: HeardUtterance | null,
  options: StageOptions,
): Promise<DrillRun> {
  return perform(drill, utterance, { ...options, tool: needsTool(drill) });
}

/** Options of one call. */
interface CallOptions extends StageOptions {
  /** Whether the caller's agent has a tool; the neighbour's has none. */
  readonly tool: boolean;
}

async function perform(
  drill: Drill | null,
  utterance: HeardUtterance | null,
  options: CallOptions,
): Promise<DrillRun> {
  const stage = await Stage.set(drill, utterance, options);
  const sides = await stage.play();
  return { ...sides, ...(await stage.strike()) };
}

class Stage {
  readonly #drill: Drill | null;
  readonly #options: CallOptions;
  readonly #clock: VirtualClock;
  readonly #traffic: LoopbackTraffic;
  /** The vendors that fail. */
  readonly #vendors: Vendors;
  /** The neighbour uses vendors of its own, so only the relay can pass on an effect of the fault. */
  readonly #neighbours: Vendors;
  readonly #at: VirtualRelay;
  readonly #fault: { atMs: number | null };
  readonly #toolRuns: { count: number };
  /** What each session reported of its providers' use, in the order of the sessions: the neighbour's comes first. */
  readonly #used: ProviderUsage[][] = [];
  #sessionAtMs = 0;

  private constructor(
    drill: Drill | null,
    options: CallOptions,
    parts: {
      readonly clock: VirtualClock;
      readonly traffic: LoopbackTraffic;
      readonly vendors: Vendors;
      readonly neighbours: Vendors;
      readonly at: VirtualRelay;
      readonly fault: { atMs: number | null };
      readonly toolRuns: { count: number };
    },
  ) {
    this.#drill = drill;
    this.#options = options;
    this.#clock = parts.clock;
    this.#traffic = parts.traffic;
    this.#vendors = parts.vendors;
    this.#neighbours = parts.neighbours;
    this.#at = parts.at;
    this.#fault = parts.fault;
    this.#toolRuns = parts.toolRuns;
    const { relay } = this.#at;
    relay.on('session.start', ({ sessionId }) => {
      const used: ProviderUsage[] = [];
      this.#used.push(used);
      relay.session(sessionId)?.watchUsage((usage) => used.push(usage));
    });
  }

  /** Starts the servers and the relay. */
  static async set(
    drill: Drill | null,
    utterance: HeardUtterance | null,
    options: CallOptions,
  ): Promise<Stage> {
    const { voices, mannersSeed, tool } = options;
    const clock = new VirtualClock();
    const traffic = new LoopbackTraffic();
    const fault: { atMs: number | null } = { atMs: null };
    const toolRuns = { count: 0 };
    const tools = tool ? drillTools(clock, () => toolRuns.count++) : {};
    const [vendors, neighbours] = await Promise.all([
      Vendors.start({
        clock,
        ear: voices.stt,
        names: options.vendors,
        mannersSeed,
        sttFaults: recogniserFaults(drill, utterance),
        onFault: () => {
          fault.atMs ??= clock.nowMs();
        },
      }),
      // In the documented shapes, so that the neighbour's call equals the rehearsal's to the millisecond.
      Vendors.start({ clock, ear: voices.stt, names: options.vendors }),
    ]);
    // The neighbour calls first.
    const configs = [configOf(neighbours, null, voices, {}), configOf(vendors, drill, voices, tools)].map(
      (config) => (options.speculation === false ? { ...config, speculation: false as const } : config),
    );
    const at = await VirtualRelay.start(
      voices,
      {},
      { session: () => configs.shift() ?? {}, twilioAuthToken },
      { clock, workers: [traffic] },
    );
    return new Stage(drill, options, { clock, traffic, vendors, neighbours, at, fault, toolRuns });
  }

  /** Of the caller's session alone; providers that took over are not counted by a simulator. */
  #usageProblems(): string[] {
    const { names, billed } = this.#vendors;
    const used = (this.#used[1] ?? []).filter(({ kind, provider }) => names[kind] === provider);
    return usageProblems(used, billed, { cutsAudio: this.#drill?.kind === 'stt' });
  }

  /** Holds both calls. */
  async play(): Promise<Pick<DrillRun, 'caller' | 'neighbour'>> {
    const neighbour = await this.#neighbourCall();
    armForCall(this.#drill, this.#vendors);
    const [caller, neighbourRun] = await this.#at.run(Promise.all([this.#callerCall(), neighbour.call]));
    return { caller, neighbour: neighbourRun };
  }

  /** Closes everything and returns the rest of the record. */
  async strike(): Promise<Omit<DrillRun, 'caller' | 'neighbour'>> {
    const { sessions } = this.#at.relay;
    const left = sessions.length > 0 ? [`${sessions.length} sessions`] : [];
    await this.#at.close();
    await this.#traffic.idle();
    for (const vendors of [this.#vendors, this.#neighbours]) {
      left.push(...vendors.leftOpen(this.#traffic));
      await vendors.close();
    }
    this.#traffic.close();
    const { pendingTimers } = this.#clock;
    if (pendingTimers > 0) left.push(`${pendingTimers} timers`);
    const { atMs } = this.#fault;
    const listening = this.#vendors.listeningSinceMs.find((sinceMs) => atMs !== null && sinceMs > atMs);
    return {
      faultMs: atMs === null ? null : atMs - this.#sessionAtMs,
      listeningAgainMs: listening === undefined ? null : listening - this.#sessionAtMs,
      toolRuns: this.#toolRuns.count,
      asked: this.#vendors.asked(
        !this.#drill || this.#drill.kind === 'connection' ? 'stt' : this.#drill.kind,
      ),
      usageProblems: this.#usageProblems(),
      violations: [...this.#vendors.violations, ...this.#neighbours.violations],
      left,
      leakedKey: holdsKey(this.#at.events),
      utterance: this.#vendors.firstUtterance,
    };
  }

  /**
   * Places the neighbour's call; resolves when its session has begun. Wrapped in an object, since `await` would unwrap
   * a bare promise.
   */
  async #neighbourCall(): Promise<{ readonly call: Promise<CallerRun> }> {
    const begun = new AbortController();
    const call = this.#place(this.#options.recordings, {}, undefined, ({ type }) => {
      if (type === 'session.start') begun.abort();
    });
    const here = new Promise((resolve) => begun.signal.addEventListener('abort', resolve));
    await this.#at.run(Promise.race([here, call]));
    return { call };
  }

  #callerCall(): Promise<CallerRun> {
    const { recordings } = this.#options;
    const said = this.#drill?.outcome === 'warning' ? atLeast(longSpeechMs, recordings) : recordings;
    let isArmed = false;
    const drill = this.#drill;
    const awayMs = drill?.kind === 'connection' ? (drill.awayMs ?? 0) : 0;
    const behaviour = drill && drill.kind !== 'stt' ? waitingCaller(awayMs) : {};
    const breaks = connectionBreaks(this.#drill, this.#clock, () => {
      this.#fault.atMs ??= this.#clock.nowMs();
    });
    return this.#place(said, behaviour, breaks.onCaller, (event) => {
      breaks.onEvent(event);
      if (event.type === 'session.start') this.#sessionAtMs = this.#clock.nowMs() - event.atMs;
      // An answer may be begun before its turn is.
      if (event.type !== 'speech.start' || isArmed) return;
      isArmed = true;
      armForAnswer(this.#drill, this.#vendors);
    });
  }

  #place(
    recordings: readonly Recording[],
    behaviour: Partial<CallerBehaviour>,
    onCaller: ((caller: Caller) => void) | undefined,
    onEvent: (event: SessionEvent) => void,
  ): Promise<CallerRun> {
    const { via, signal } = this.#options;
    const call = this.#at.call({
      via,
      recordings,
      behaviour,
      onEvent,
      ...(onCaller && { onCaller }),
      authToken: twilioAuthToken,
      ...(signal && { signal }),
    });
    return callerRun(call);
  }
}

function configOf(
  { config }: Vendors,
  drill: Drill | null,
  { stt }: TestVoices,
  tools: AgentTools,
): RelaySessionConfig {
  const standIns = { stt, llm: { provider: 'local' }, tts: standInVoice } as const;
  if (!drill?.fallback || drill.kind === 'connection') return { ...config, agent: { ...agent, tools } };
  return { ...config, agent: { ...agent, tools }, [drill.kind]: [config[drill.kind], standIns[drill.kind]] };
}

/** All recordings, repeated as a whole until they last that long. */
function atLeast(ms: number, recordings: readonly Recording[]): readonly Recording[] {
  const lengthMs = recordings.reduce(
    (sum, { samples, sampleRateHz }) => sum + (samples.length / sampleRateHz) * 1000,
    0,
  );
  return Array.from({ length: Math.ceil(ms / Math.max(1, lengthMs)) }, () => recordings).flat();
}

async function callerRun(call: Promise<ReplayResult>): Promise<CallerRun> {
  const nothing: CallerRun = { events: [], heardWords: [], said: [], failure: null };
  try {
    const { events, recording, end } = await call;
    const said = end.said ?? [];
    if (!recording) return { ...nothing, events, said, failure: 'the call was not answered' };
    const { agent: heard, sampleRateHz } = recording;
    return {
      events,
      heardWords: wordsInTones(heard, sampleRateHz),
      said,
      failure: null,
    };
  } catch (thrown) {
    return { ...nothing, failure: messageOf(thrown) };
  }
}

function holdsKey(events: readonly SessionEvent[]): boolean {
  const text = JSON.stringify(events);
  const keys = [...Object.values(simulatedKeys), ...vendorSimulators.map(({ apiKey }) => apiKey)];
  return keys.some((key) => text.includes(key));
}
