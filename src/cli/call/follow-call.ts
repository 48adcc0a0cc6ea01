/** Follows a call at Twilio from its first status to its last. */
import { delay, within, type Clock } from '../../clock.js';
import { isOver, type CallState, type CallStatus, type TwilioAccount } from '../../server/twilio-account.js';

export interface FollowOptions {
  readonly account: Pick<TwilioAccount, 'callState' | 'endCall'>;
  readonly call: CallState;
  readonly clock: Clock;
  /** Hears every status once, the first one too. */
  readonly onStatus: (status: CallStatus) => void;
  /** Twilio could not be asked; it will be again. */
  readonly onTrouble: (thrown: unknown) => void;
  /** When the relay's end of the call is over, so that Twilio's soon will be. */
  readonly sessionEnded: Promise<unknown>;
  /** Hangs up; the call is followed to its end all the same. */
  readonly signal: AbortSignal;
}

const askEveryMs = 1000;
/** Towards the end nobody wants to wait for the next round. */
const askSoonMs = 250;
/** Failures in a row after which Twilio counts as gone. */
const maxFailures = 10;
/** How long a call may take to end once it was hung up. */
const endsWithinMs = 15_000;

/**
 * Asks Twilio every second how the call goes, until it is over. Resolves with its last state: one that is not over only
 * where Twilio does not say so within 15 s of hanging up. Rejects with a TwilioError when Twilio cannot be asked ten times
 * in a row, after an attempt to hang up.
 */
export async function followCall(options: FollowOptions): Promise<CallState> {
  const { account, clock, onStatus, onTrouble, signal } = options;
  const { callSid } = options.call;
  let state = options.call;
  let failures = 0;
  let hangingUpSinceMs: number | null = null;
  let hungUp = false;
  let sessionOver = false;
  const sessionEnded = options.sessionEnded.then(() => {
    sessionOver = true;
  });
  onStatus(state.status);
  while (!isOver(state.status)) {
    if (signal.aborted && !hungUp) {
      hangingUpSinceMs ??= clock.nowMs();
      hungUp = await account.endCall(callSid).then(
        () => true,
        (thrown: unknown) => {
          onTrouble(thrown);
          return false;
        },
      );
    }
    if (hangingUpSinceMs !== null && clock.nowMs() - hangingUpSinceMs > endsWithinMs) return state;
    const hurry = signal.aborted || sessionOver;
    await pause(clock, hurry ? askSoonMs : askEveryMs, hurry ? null : { sessionEnded, signal });
    try {
      const next = await account.callState(callSid);
      failures = 0;
      if (next.status !== state.status) onStatus(next.status);
      state = next;
    } catch (thrown) {
      failures++;
      if (failures === maxFailures) {
        await account.endCall(callSid).catch(() => undefined);
        throw thrown;
      }
      if (failures === 1) onTrouble(thrown);
    }
  }
  return state;
}

/** Waits for its time, or until something happens that makes it worth looking. */
async function pause(
  clock: Clock,
  ms: number,
  until: { readonly sessionEnded: Promise<void>; readonly signal: AbortSignal } | null,
): Promise<void> {
  if (!until) return delay(clock, ms);
  const { sessionEnded, signal } = until;
  const stop = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: stop.signal });
  });
  await within(clock, ms, Promise.race([sessionEnded, aborted]));
  stop.abort();
}
