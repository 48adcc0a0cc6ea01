/** Follows a call at Twilio from its first status to its last. */
import { delay, within, type Clock } from '../../core/clock.js';
import {
  isOver,
  type CallState,
  type CallStatus,
  type TwilioAccount,
} from '../../telephony/twilio-account.js';

export interface FollowOptions {
  readonly account: Pick<TwilioAccount, 'callState' | 'endCall'>;
  readonly call: CallState;
  readonly clock: Clock;
  /** Called once for each status, the first included. */
  readonly onStatus: (status: CallStatus) => void;
  /** A request to Twilio failed and will be retried. */
  readonly onTrouble: (thrown: unknown) => void;
  /** Resolves when the relay's session has ended: the call at Twilio ends soon after. */
  readonly sessionEnded: Promise<unknown>;
  /** Aborting hangs up; the call is still followed to its end. */
  readonly signal: AbortSignal;
}

const askEveryMs = 1000;
/** The interval once the call is about to end. */
const askSoonMs = 250;
/** Consecutive failures after which following ends. */
const maxFailures = 10;
/** How long a call may take to end after hanging up. */
const endsWithinMs = 15_000;

/**
 * Polls the call's status every second until the call is over. Resolves with its last state, which is not a final one
 * if Twilio does not confirm the end within 15 s of hanging up. After ten consecutive failed requests it tries to hang
 * up and rejects with a TwilioError.
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

/** Waits for `ms`, or until the session ends or the signal aborts. */
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
