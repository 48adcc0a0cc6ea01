/** One simulated phone call from the first ring to the last event. */
import { within, type Clock } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { AgentVoice, defaultManners, holdConversation, type Manners, type SaidTurn } from './conversation.js';
import { openEventFeed } from './event-feed.js';
import type { Recording } from './recordings.js';
import { SimulatedPhone, type CallEnd } from './simulated-phone.js';
import type { CallRecording } from './simulated-phone-stream.js';

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
  readonly recordings: readonly Recording[];
  readonly clock: Clock;
  readonly manners?: Partial<Manners>;
  /** Signs as Twilio would. */
  readonly authToken?: string;
  /** Hears the events of this call's session as they happen. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** Gets the phone before it dials. */
  readonly onPhone?: (phone: SimulatedPhone) => void;
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

/** How long `session.end` may come after the call is over. */
const lastEventWithinMs = 3000;

/** Places the call, says the recordings, hangs up. Throws a TransportError or an HzRelayError if there is no call. */
export async function replayCall(options: ReplayCallOptions): Promise<ReplayResult> {
  const { url, clock, recordings, authToken, signal } = options;
  const voice = new AgentVoice(clock);
  const phone = new SimulatedPhone({
    voiceUrl: new URL('/twilio/voice', url).href,
    clock,
    listener: { onAudio: () => voice.heard() },
    ...(authToken !== undefined && { authToken }),
    ...(signal && { signal }),
  });
  options.onPhone?.(phone);
  const session = new SessionWatch(phone.callSid, options.onEvent);
  const unsubscribe = await subscribe(options, (event) => session.take(event));
  try {
    await phone.dial();
    const manners = { ...defaultManners, ...options.manners };
    const turns = phone.answered ? await holdConversation(phone, voice, recordings, clock, manners) : [];
    const end = await phone.hangUp();
    if (phone.answered) await within(clock, lastEventWithinMs, session.ended);
    return { events: session.events, turns, end, recording: phone.answered ? phone.recording() : null };
  } finally {
    unsubscribe();
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
  readonly #callId: string;
  readonly #onEvent: ((event: SessionEvent) => void) | undefined;
  #sessionId: string | null = null;
  #resolveEnded: () => void = () => undefined;

  constructor(callId: string, onEvent: ((event: SessionEvent) => void) | undefined) {
    this.#callId = callId;
    this.#onEvent = onEvent;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  take(event: SessionEvent): void {
    if (event.type === 'session.start' && event.callId === this.#callId) this.#sessionId = event.sessionId;
    if (event.sessionId !== this.#sessionId) return;
    this.events.push(event);
    this.#onEvent?.(event);
    if (event.type === 'session.end') this.#resolveEnded();
  }
}
