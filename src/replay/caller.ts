/**
 * Whoever calls the relay: a simulated phone or a simulated browser. A conversation needs to know no more of either than
 * this, and holds the same talk with both.
 */

/** What the caller hears. */
export interface Playout {
  /** Agent audio that waits or plays. */
  readonly queuedMs: number;
  /** Since when nothing of the agent plays, on the clock; null while something does. */
  readonly idleSinceMs: number | null;
  /** Agent samples that were played, at the caller's rate. */
  readonly heardSamples: number;
}

/** Both sides of a call on one timeline, of equal length; zero is the moment it was answered. */
export interface CallRecording {
  readonly sampleRateHz: number;
  /** What the caller said, when it was said. */
  readonly caller: Int16Array;
  /** What the caller heard, when it was heard. */
  readonly agent: Int16Array;
}

/** Something in what the relay sends that a real phone network or browser would not have put up with. */
export interface CallFault {
  readonly message: string;
}

/** How a call ended. */
export interface CallEnd {
  readonly how:
    | 'caller_hung_up'
    /** The relay ended the call, and whatever was to follow was done. */
    | 'relay_hung_up'
    /** The call was refused before it was answered. */
    | 'rejected'
    /** Something went wrong once the call was answered; `error` says what. */
    | 'failed';
  /** Why a call was rejected, for example `busy`. */
  readonly reason?: string;
  /** What the phone network's own voice would have said; a browser has none. */
  readonly said?: readonly string[];
  readonly error?: Error;
}

/** Messages that went over the caller's connection in each direction: tests on virtual time wait for both ends to meet. */
export interface WireCount {
  readonly sent: number;
  readonly received: number;
}

export interface Caller {
  /** The rate of what it says and of its recording. */
  readonly sampleRateHz: number;
  /** The call's name in the session's events; null until the relay has given it one. */
  readonly callId: string | null;
  /** Resolves when the call is over; never rejects. */
  readonly ended: Promise<CallEnd>;
  /** Whether the call was answered. */
  readonly answered: boolean;
  readonly wire: WireCount;
  /** Whether the relay or the network has something to do for the caller that no clock sees. */
  readonly waitsForRelay: boolean;
  readonly playout: Playout;
  readonly faults: readonly CallFault[];

  /**
   * Places the call. Resolves when it is answered, or when it is over without that (`answered` is then false). Rejects
   * with a TransportError that says what went wrong before that.
   */
  dial(): Promise<void>;

  /**
   * Says samples at its rate, behind what is being said already. Resolves when the last frame was sent, or when the call
   * ends before that.
   */
  say(samples: Int16Array): Promise<void>;

  /** Hangs up. Idempotent; resolves when the call is over. */
  hangUp(): Promise<CallEnd>;

  /** Both sides of the call so far, or of the whole call once it has ended. */
  recording(): CallRecording;
}
