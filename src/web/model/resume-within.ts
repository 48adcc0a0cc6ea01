/** The time that the request and the connection take, on top of the session's: the relay's refusal tells more than silence. */
const marginMs = 5000;
/** A session's window if not configured otherwise. */
const defaultWindowMs = 15_000;
/** The longest time that a timer can wait: 24.8 days. Beyond it, `setTimeout` fires at once. */
const longestMs = 2_147_483_647;

/**
 * How long the page tries to go on with a call whose connection was lost. `windowMs`: how long the session waits, as its
 * first event tells.
 */
export function resumeWithinMs(windowMs = defaultWindowMs): number {
  return Math.min(windowMs + marginMs, longestMs);
}
