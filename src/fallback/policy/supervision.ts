/** What is done about failures of a provider; times in milliseconds. */
export interface Supervision {
  /** How many times one request is sent to the same provider, including the first. */
  readonly attempts: number;
  /** Wait before the first repetition. It doubles before each further one, and then varies by up to half either way. */
  readonly retryDelayMs: number;
  /** The longest that a turn may spend on repetitions and waits. A provider that asks for more (`Retry-After`) is passed over. */
  readonly budgetMs: number;
  /** Longest wait for a request's first result. */
  readonly firstResultTimeoutMs: number;
  /** Longest silence of a provider in the middle of an answer, or that owes one. */
  readonly stallTimeoutMs: number;
  /** How many latencies in a row may exceed a provider's `slaMs` before the next in the list takes over. */
  readonly slaBreaches: number;
  /** How long a provider that failed or was slow is not used, until it is probed. Doubles each time that it fails again. */
  readonly coolDownMs: number;
}

export const defaultSupervision: Supervision = {
  attempts: 2,
  retryDelayMs: 150,
  budgetMs: 6000,
  firstResultTimeoutMs: 4000,
  stallTimeoutMs: 2000,
  slaBreaches: 3,
  coolDownMs: 30_000,
};

/**
 * How long to wait before repetition `attempt` (1 is the first): as long as the provider asks, or else `retryDelayMs` doubled for each
 * repetition, with jitter, so that calls that failed together do not retry together. `random` gives 0 to 1.
 */
export function retryDelayMs(
  supervision: Pick<Supervision, 'retryDelayMs'>,
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number {
  return retryAfterMs ?? supervision.retryDelayMs * 2 ** (attempt - 1) * (0.5 + random());
}
