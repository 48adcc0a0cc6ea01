import { describe, expect, it } from '@jest/globals';
import { initialState } from '../turn-taking/machine-state.js';
import { traceJson, traceLines, type SessionTrace } from './session-trace.js';

const state = initialState({ managed: true });

function traceOf(steps: number): SessionTrace {
  return {
    sessionId: 'a3f9b2c1',
    droppedSteps: 7,
    steps: Array.from({ length: steps }, (_, index) => ({
      step: 8 + index,
      atMs: 0.1234567 + index,
      wallMs: Date.UTC(2026, 0, 31, 12, 0, 0, 250),
      input: { type: 'typed', atMs: 0.1234567 + index, text: 'say "no"\nor yes' },
      state,
      effects: [{ type: 'stt_flush' }],
    })),
  };
}

describe('a trace in writing', () => {
  it('is JSON with the time of day in words', async () => {
    expect(JSON.parse(await traceJson(traceOf(2)))).toEqual({
      sessionId: 'a3f9b2c1',
      droppedSteps: 7,
      steps: [8, 9].map((step) => ({
        step,
        atMs: step - 8 + 0.123,
        activity: 'waiting',
        wallTime: '2026-01-31T12:00:00.250Z',
        input: { type: 'typed', atMs: expect.any(Number), text: 'say "no"\nor yes' },
        state,
        effects: [{ type: 'stt_flush' }],
      })),
    });
  });

  it('is JSON also without a step', async () => {
    expect(JSON.parse(await traceJson(traceOf(0)))).toMatchObject({ steps: [] });
  });

  it('is a line for each step in a file, however many there are', async () => {
    let text = '';
    for await (const lines of traceLines(traceOf(60))) text += lines;
    const steps = text.split('\n').slice(0, -1);
    expect(steps.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual(
      Array.from({ length: 60 }, (_, index) => 8 + index),
    );
  });

  it('leaves the event loop free between its pieces', async () => {
    let turns = 0;
    const counting = (): void => {
      turns++;
      next = setImmediate(counting);
    };
    let next = setImmediate(counting);
    await traceJson(traceOf(500));
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
