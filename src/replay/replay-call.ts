/** One simulated call, by phone or from a browser, from the first ring to the last event. */
import { within, type Clock } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { defaultTransport, type TransportType } from '../transport/registry.js';
import type { CallEnd, Caller, CallRecording } from './caller.js';
import {
  AgentVoice,
  defaultCallerBehaviour,
  holdConversation,
  type CallerBehaviour,
  type SaidTurn,
} from './conversation.js';
import { openEventFeed } from '../relay-client/event-feed.js';
import { holdMonologue } from './monologue.js';
import type { Recording } from './recordings.js';
import type { RoughNetworkOptions } from '../simulators/browser/rough-network.js';
import { simulatedCallers } from './simulated-callers.js';

/** Where the events of the relay's sessions come from. */
export type EventSource =
  /** A relay in this process. */
  | { readonly subscribe: (listener: (event: SessionEvent) => void) => () => void }
  /** Another relay's event stream. */
  | { readonly token: string | undefined };

export interface ReplayCallOptions {
  /** The relay's address. */
  readonly url: string;
  /** Its public address, if it has one; a carrier calls it there. */
  readonly publicUrl?: string;
  readonly events: EventSource;
  /** How the caller calls. @default by phone */
  readonly via?: TransportType;
  /** At the caller's rate, see {@link callerRatesHz}. */
  readonly recordings: readonly Recording[];
  /**
   * Each recording is that of a whole call and is played with its pauses instead of turn by turn. `hungUp` tells
   * whether the caller ended that call.
   */
  readonly wholeCall?: { readonly hungUp: boolean };
  readonly clock: Clock;
  readonly behaviour?: Partial<CallerBehaviour>;
  /** Signs a phone call as Twilio would. */
  readonly authToken?: string;
  /** The network conditions of a browser's audio. @default perfect */
  readonly network?: RoughNetworkOptions;
  /** Called with the events of this call's session as they happen. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** Called with the caller before it dials. */
  readonly onCaller?: (caller: Caller) => void;
  /** Aborting hangs up. */
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly events: readonly SessionEvent[];
  readonly turns: readonly SaidTurn[];
  readonly end: CallEnd;
  /** Both sides; null if the call was never answered. */
  readonly recording: CallRecording | null;
}

/** The sample rate of each kind of caller: a phone network's band, or the full band of a voice. */
export const callerRatesHz = Object.fromEntries(
  Object.entries(simulatedCallers).map(([type, { rateHz }]) => [type, rateHz]),
) as Readonly<Record<TransportType, number>>;

/** How long `session.end` may arrive after the call is over. */
const lastEventWithinMs = 3000;

/**
 * Places the call, says the recordings, hangs up. Throws a TransportError or an HzRelayError if there is no call, and a
 * RangeError for recordings at another rate than the caller's.
 */
export async function replayCall(options: ReplayCallOptions): Promise<ReplayResult> {
  const { clock, recordings } = options;
  const voice = new AgentVoice(clock);
  const caller = callerOf(options, voice);
  for (const { name, sampleRateHz } of recordings)
    if (sampleRateHz !== caller.sampleRateHz)
      throw new RangeError(
        `${name} is at ${sampleRateHz} Hz; this caller speaks at ${caller.sampleRateHz} Hz.`,
      );
  options.onCaller?.(caller);
  const session = new SessionWatch(caller, options.onEvent);
  const unsubscribe = await subscribe(options, (event) => {
    if (session.take(event)) voice.note(event);
  });
  try {
    await caller.dial();
    const turns = caller.answered ? await talk(caller, voice, options) : [];
    const end = await caller.hangUp();
    if (caller.answered) await within(clock, lastEventWithinMs, session.ended);
    return { events: session.events, turns, end, recording: caller.answered ? caller.recording() : null };
  } finally {
    unsubscribe();
  }
}

async function talk(
  caller: Caller,
  voice: AgentVoice,
  { recordings, clock, behaviour, wholeCall }: ReplayCallOptions,
): Promise<SaidTurn[]> {
  if (!wholeCall)
    return holdConversation(caller, voice, recordings, clock, { ...defaultCallerBehaviour, ...behaviour });
  const turns: SaidTurn[] = [];
  for (const recording of recordings)
    turns.push(await holdMonologue(caller, voice, recording, clock, wholeCall));
  return turns;
}

function callerOf(options: ReplayCallOptions, voice: AgentVoice): Caller {
  const { via = defaultTransport, url, publicUrl, clock, events, authToken, network, signal } = options;
  const token = 'token' in events ? events.token : undefined;
  return simulatedCallers[via].create({
    url,
    clock,
    onAudio: () => voice.heard(),
    ...(publicUrl !== undefined && { publicUrl }),
    ...(token !== undefined && { token }),
    ...(authToken !== undefined && { authToken }),
    ...(network && { network }),
    ...(signal && { signal }),
  });
}

async function subscribe(
  { events, url, clock, signal }: ReplayCallOptions,
  onEvent: (event: SessionEvent) => void,
): Promise<() => void> {
  if ('subscribe' in events) return events.subscribe(onEvent);
  const { token } = events;
  const feed = await openEventFeed(url, { token, clock, onEvent, ...(signal && { signal }) });
  return () => feed.close();
}

/** Selects the events of this call's session. */
class SessionWatch {
  readonly events: SessionEvent[] = [];
  readonly ended: Promise<void>;
  readonly #caller: Caller;
  readonly #onEvent: ((event: SessionEvent) => void) | undefined;
  #sessionId: string | null = null;
  #resolveEnded: () => void = () => undefined;

  constructor(caller: Caller, onEvent: ((event: SessionEvent) => void) | undefined) {
    this.#caller = caller;
    this.#onEvent = onEvent;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Returns whether it is one of this call's. */
  take(event: SessionEvent): boolean {
    if (event.type === 'session.start' && isOf(this.#caller, event.callId)) this.#sessionId = event.sessionId;
    if (event.sessionId !== this.#sessionId) return false;
    this.events.push(event);
    this.#onEvent?.(event);
    if (event.type === 'session.end') this.#resolveEnded();
    return true;
  }
}

/** Whether a call id of the relay is this caller's; neither has an id before the call is placed. */
function isOf({ callId }: Caller, named: string | undefined): boolean {
  return callId !== null && callId === named;
}
