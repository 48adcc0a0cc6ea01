import { expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { callFigures, summaryText } from './call-summary.js';

function answered(...figures: readonly (number | null)[]): SessionEvent[] {
  return figures.map(
    (ms, turn) => ({ type: 'turn.end', turn, latency: { mouth_to_ear_ms: ms } }) as unknown as SessionEvent,
  );
}

const call = { callSid: 'CA1', status: 'completed', durationS: 34 } as const;

it('a call is summed up by its answers that have a figure', () => {
  expect(summaryText(call, answered(null, 900, 700, 800, 1020, 810))).toBe(
    'completed, 34 s, 5 answers, mouth→ear p50 810ms, p95 1020ms',
  );
  expect(summaryText(call, answered(null, 700))).toBe(
    'completed, 34 s, 1 answer, mouth→ear p50 700ms, p95 700ms',
  );
  expect(summaryText({ ...call, durationS: null }, answered(null))).toBe('completed, 0 answers');
  expect(summaryText({ ...call, status: 'busy' }, [])).toBe('busy');
});

it('figures are of the nearest rank', () => {
  const figures = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(callFigures(answered(...figures.reverse()))).toEqual({ answers: 100, p50Ms: 50, p95Ms: 95 });
});
