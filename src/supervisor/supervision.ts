/** How failures of a provider are met; times in milliseconds. */
export interface Supervision {
  /** How often one request is made of the same provider, the first time included. */
  readonly attempts: number;
  /** Wait before the first repetition; doubled before each further one, then varied by up to a half either way. */
  readonly retryDelayMs: number;
  /** All a turn may spend on repetitions and waits. A provider that asks for more (`Retry-After`) is passed over. */
  readonly budgetMs: number;
  /** Longest wait for a request's first result. */
  readonly firstResultTimeoutMs: number;
  /** Longest silence of a provider that owes something. */
  readonly stallTimeoutMs: number;
  /** Latencies above a provider's `slaMs`, in a row, after which the next in the list takes over. */
  readonly slaBreaches: number;
  /** How long a provider that failed or was slow is left alone before it is probed; doubled while it stays so. */
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
 * How long to wait before repetition `attempt` (1 is the first): what the provider asked for, if it did, else doubling
 * from `retryDelayMs` with jitter, so that calls that failed together do not come back together. `random` gives 0 to 1.
 */
export function retryDelayMs(
  supervision: Pick<Supervision, 'retryDelayMs'>,
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number {
  return retryAfterMs ?? supervision.retryDelayMs * 2 ** (attempt - 1) * (0.5 + random());
}
