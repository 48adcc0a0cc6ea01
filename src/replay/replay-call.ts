/** One simulated call, by phone or from a browser, from the first ring to the last event. */
import { within, type Clock } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import type { TransportType } from '../transport/transport.js';
import type { CallEnd, Caller, CallRecording } from './caller.js';
import { AgentVoice, defaultManners, holdConversation, type Manners, type SaidTurn } from './conversation.js';
import { openEventFeed } from './event-feed.js';
import { holdMonologue } from './monologue.js';
import type { Recording } from './recordings.js';
import type { RoughNetworkOptions } from './rough-network.js';
import { browserRateHz } from './simulated-browser-stream.js';
import { SimulatedBrowser } from './simulated-browser.js';
import { phoneRateHz } from './simulated-phone-stream.js';
import { SimulatedPhone } from './simulated-phone.js';

/** Where the events of the relay's sessions come from. */
export type EventSource =
  /** A relay in this process. */
  | { readonly subscribe: (listener: (event: SessionEvent) => void) => () => void }
  /** Another relay's event stream. */
  | { readonly token: string | undefined };

export interface ReplayCallOptions {
  /** The relay's address. */
  readonly url: string;
  readonly events: EventSource;
  /** How the caller calls. @default 'twilio' */
  readonly via?: TransportType;
  /** At the caller's rate, see {@link callerRatesHz}. */
  readonly recordings: readonly Recording[];
  /**
   * Each recording is a whole call's and is played through, pauses included, instead of turn by turn; `hungUp` tells
   * whether the caller ended that call.
   */
  readonly wholeCall?: { readonly hungUp: boolean };
  readonly clock: Clock;
  readonly manners?: Partial<Manners>;
  /** Signs a phone call as Twilio would. */
  readonly authToken?: string;
  /** What becomes of a browser's voice on its way. @default nothing */
  readonly network?: RoughNetworkOptions;
  /** Hears the events of this call's session as they happen. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** Gets the caller before it dials: a {@link SimulatedPhone} or a {@link SimulatedBrowser}. */
  readonly onCaller?: (caller: Caller) => void;
  /** Hangs up. */
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly events: readonly SessionEvent[];
  readonly turns: readonly SaidTurn[];
  readonly end: CallEnd;
  /** Both sides; null where the call was never answered. */
  readonly recording: CallRecording | null;
}

/** The rate at which each kind of caller speaks: a phone network's band, and all that a voice has. */
export const callerRatesHz = { twilio: phoneRateHz, webrtc: browserRateHz } as const;

/** How long `session.end` may come after the call is over. */
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
  const unsubscribe = await subscribe(options, (event) => session.take(event));
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
  { recordings, clock, manners, wholeCall }: ReplayCallOptions,
): Promise<SaidTurn[]> {
  if (!wholeCall)
    return holdConversation(caller, voice, recordings, clock, { ...defaultManners, ...manners });
  const turns: SaidTurn[] = [];
  for (const recording of recordings)
    turns.push(await holdMonologue(caller, voice, recording, clock, wholeCall));
  return turns;
}

function callerOf(options: ReplayCallOptions, voice: AgentVoice): Caller {
  const { via = 'twilio', url, clock, events, authToken, network, signal } = options;
  const listener = { onAudio: () => voice.heard() };
  const shared = { clock, listener, ...(signal && { signal }) };
  switch (via) {
    case 'twilio':
      return new SimulatedPhone({
        ...shared,
        voiceUrl: new URL('/twilio/voice', url).href,
        ...(authToken !== undefined && { authToken }),
      });
    case 'webrtc': {
      const token = 'token' in events ? events.token : undefined;
      return new SimulatedBrowser({
        ...shared,
        relayUrl: url,
        ...(token !== undefined && { token }),
        ...(network && { network }),
      });
    }
  }
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

/** Picks the events of the session that took our call. */
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

  take(event: SessionEvent): void {
    if (event.type === 'session.start' && isOf(this.#caller, event.callId)) this.#sessionId = event.sessionId;
    if (event.sessionId !== this.#sessionId) return;
    this.events.push(event);
    this.#onEvent?.(event);
    if (event.type === 'session.end') this.#resolveEnded();
  }
}

/** Whether a call that the relay names is this caller's; neither has a name before it is placed. */
function isOf({ callId }: Caller, named: string | undefined): boolean {
  return callId !== null && callId === named;
}
