import { within } from '../core/clock.js';
import type { ProviderError } from '../core/errors.js';
import type { SessionParts } from './session-parts.js';

/** Time until a failed recogniser is tried again, if the call goes on. */
export const listenAgainMs = 30_000;
/** Longest wait for the apology after the recogniser has failed; then the call ends without it. */
const apologyWithinMs = 15_000;

export interface RecogniserFailure {
  readonly error: ProviderError;
  /** Whether it failed before, without a word in between. */
  readonly again: boolean;
  readonly parts: Pick<SessionParts, 'agent' | 'clock'>;
  readonly hasEnded: () => boolean;
  /** Speaks the apology. */
  readonly speak: (text: string) => Promise<unknown>;
  /** Tries the recogniser again, {@link listenAgainMs} later. */
  readonly retryLater: () => void;
  readonly endCall: () => Promise<void>;
}

/**
 * The recogniser has failed: speaks the apology, then ends the call unless `afterFailure` is `go_on`. If the call goes on
 * and the error is retryable, the recogniser is tried again later.
 */
export async function afterRecogniserFailure({
  error,
  again,
  parts: { agent, clock },
  hasEnded,
  speak,
  retryLater,
  endCall,
}: RecogniserFailure): Promise<void> {
  if (agent?.afterFailure === 'go_on' && error.retryable) retryLater();
  if (agent && agent.apology !== '' && !again && !hasEnded())
    await within(clock, apologyWithinMs, speak(agent.apology));
  if (agent?.afterFailure !== 'go_on') await endCall();
}
