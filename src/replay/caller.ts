/**
 * The simulated caller of a relay, a phone or a browser. Conversations use only this interface, so they are the same on
 * both.
 */
import type { Clock } from '../core/clock.js';
import type { RoughNetworkOptions } from '../simulators/browser/rough-network.js';

/** What the caller hears. */
export interface Playout {
  /** Agent audio that is waiting or playing. */
  readonly queuedMs: number;
  /** When agent audio stopped playing, on the clock; null while it plays. */
  readonly idleSinceMs: number | null;
  /** Agent samples that were played, at the caller's rate. */
  readonly heardSamples: number;
}

/** Both sides of a call on one timeline, of equal length; zero is the moment it was answered. */
export interface CallRecording {
  readonly sampleRateHz: number;
  /** The caller's audio, at the time it was sent. */
  readonly caller: Int16Array;
  /** The agent's audio, at the time the caller heard it. */
  readonly agent: Int16Array;
}

/** Something the relay sent that a real phone network or browser would reject. */
export interface CallFault {
  readonly message: string;
}

/** How a call ended. */
export interface CallEnd {
  readonly how:
    | 'caller_hung_up'
    /** The relay ended the call, and its instructions for what follows were carried out. */
    | 'relay_hung_up'
    /** The call was refused before it was answered. */
    | 'rejected'
    /** Something went wrong once the call was answered; `error` says what. */
    | 'failed';
  /** Why a call was rejected, for example `busy`. */
  readonly reason?: string;
  /** What the phone network's voice would have said; absent for browsers. */
  readonly said?: readonly string[];
  readonly error?: Error;
}

/**
 * The number of messages in each direction on the caller's connection. Tests on virtual time wait until both ends
 * agree.
 */
export interface WireCount {
  readonly sent: number;
  readonly received: number;
}

/**
 * The path from the caller's microphone to the relay: `open`; `stalled`: audio is held back and sent in a burst once
 * the path is open again; `dead`: nothing is sent, as with a microphone that is off.
 */
export type Uplink = 'open' | 'stalled' | 'dead';

export interface Caller {
  /** The sample rate of its speech and its recording. */
  readonly sampleRateHz: number;
  /** The call's id in the session's events; null until the relay has assigned one. */
  readonly callId: string | null;
  /** Resolves when the call is over; never rejects. */
  readonly ended: Promise<CallEnd>;
  /** Whether the call was answered. */
  readonly answered: boolean;
  readonly wire: WireCount;
  /** Whether the relay or the network still works for the caller, which no clock shows. */
  readonly waitsForRelay: boolean;
  readonly playout: Playout;
  readonly faults: readonly CallFault[];

  /**
   * Places the call. Resolves when it is answered, or when it ended unanswered (`answered` is then false). Rejects with
   * a TransportError if it fails before that.
   */
  dial(): Promise<void>;

  /**
   * Says samples at its rate, after any speech still in progress. Resolves when the last frame was sent, or when the
   * call ends before that.
   */
  say(samples: Int16Array): Promise<void>;

  /** Sets the state of the microphone's path from now on. @default 'open' */
  setUplink(uplink: Uplink): void;

  /**
   * Loses the connection in the middle of the call, as when the carrier's socket breaks or a visitor changes networks, and
   * comes back as the carrier or the page does, `afterMs` later (default 0).
   */
  dropConnection(options?: { readonly afterMs?: number }): void;

  /** Whether the connection was lost and the caller is not back yet. */
  readonly isAway: boolean;

  /** Hangs up. Idempotent; resolves when the call is over. */
  hangUp(): Promise<CallEnd>;

  /** Both sides of the call so far, or of the whole call once it has ended. */
  recording(): CallRecording;
}

/** The options of a caller; each kind uses those that apply to it. */
export interface CallerOptions {
  /** The relay's address. */
  readonly url: string;
  /** The relay's public address, if it has one. */
  readonly publicUrl?: string;
  readonly clock: Clock;
  /** Audio of the agent arrived. */
  readonly onAudio: () => void;
  /** The token of a relay with a public address. */
  readonly token?: string;
  /** The account's token, with which a carrier signs requests. */
  readonly authToken?: string;
  /** The network conditions of a browser's audio. */
  readonly network?: RoughNetworkOptions;
  /** Aborting hangs up. */
  readonly signal?: AbortSignal;
}

/** The simulated caller of a transport. */
export interface SimulatedCaller {
  /** The sample rate of its speech. */
  readonly rateHz: number;
  /** Makes a caller; `dial()` places the call. */
  create(options: CallerOptions): Caller;
}
