/** One line that sums up a finished call. */
import type { SessionEvent } from '../../events/session-event.js';
import type { CallState } from '../../telephony/twilio-account.js';
import { statusText } from './call-outcome.js';

export interface CallFigures {
  /** Answers that have a mouth→ear figure. */
  readonly answers: number;
  /** Quantiles over those answers; null if there are none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** The mouth→ear latencies of a call's turns. */
export function callFigures(events: readonly SessionEvent[]): CallFigures {
  const figures = events
    .flatMap((event) => (event.type === 'turn.end' ? [event.latency.mouth_to_ear_ms] : []))
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  return { answers: figures.length, p50Ms: quantile(figures, 0.5), p95Ms: quantile(figures, 0.95) };
}

/** `completed, 34 s, 5 answers, mouth→ear p50 812ms, p95 1020ms`; the status alone if the call was not answered. */
export function summaryText({ status, durationS }: CallState, events: readonly SessionEvent[]): string {
  if (events.length === 0) return statusText(status);
  const { answers, p50Ms, p95Ms } = callFigures(events);
  const parts = [
    statusText(status),
    ...(durationS === null ? [] : [`${durationS} s`]),
    `${answers} ${answers === 1 ? 'answer' : 'answers'}`,
    ...(p50Ms === null ? [] : [`mouth→ear p50 ${p50Ms.toFixed(0)}ms, p95 ${(p95Ms ?? p50Ms).toFixed(0)}ms`]),
  ];
  return parts.join(', ');
}

/** The nearest-rank quantile of sorted figures. */
function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}
