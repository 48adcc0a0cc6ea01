import { describe, expect, it } from '@jest/globals';
import { initialState } from '../turn-taking/machine-state.js';
import { StepRing } from './step-ring.js';

const state = initialState({ managed: true });

function ringWith(steps: number, capacity: number): StepRing {
  const ring = new StepRing(capacity);
  for (let atMs = 1; atMs <= steps; atMs++)
    ring.add({ atMs, wallMs: atMs, input: { type: 'interrupt', atMs }, state, effects: [] });
  return ring;
}

describe('a ring of steps', () => {
  it.each([
    [0, [], 0],
    [2, [1, 2], 0],
    [3, [1, 2, 3], 0],
    [4, [2, 3, 4], 1],
    [6, [4, 5, 6], 3],
    [8, [6, 7, 8], 5],
  ])('after %i steps keeps the latest three in their order and counts the others', (taken, kept, dropped) => {
    const ring = ringWith(taken, 3);
    expect(ring.steps.map(({ step }) => step)).toEqual(kept);
    expect(ring.steps.map(({ atMs }) => atMs)).toEqual(kept);
    expect(ring.dropped).toBe(dropped);
  });

  it('keeps the states themselves and no copies', () => {
    expect(ringWith(1, 3).steps[0]?.state).toBe(state);
  });

  it('gives lists that later steps do not change', () => {
    const ring = ringWith(3, 3);
    const { steps } = ring;
    ring.add({ atMs: 4, wallMs: 4, input: { type: 'interrupt', atMs: 4 }, state, effects: [] });
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3]);
  });
});
