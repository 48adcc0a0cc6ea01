import { describe, expect, it } from '@jest/globals';
import { drills } from '../../drills/drills.js';
import { chooseDrills, drillLines } from './drill-choice.js';
import { UsageError } from '../exit.js';

describe('chooseDrills', () => {
  it('selects all drills, those of a kind, or one', () => {
    expect(chooseDrills('all', drills)).toEqual(drills);
    expect(chooseDrills('llm', drills).every(({ kind }) => kind === 'llm')).toBe(true);
    expect(chooseDrills('stt-stall', drills).map(({ name }) => name)).toEqual(['stt-stall']);
  });

  it('suggests the nearest name and lists every one', () => {
    const choose = (): unknown => chooseDrills('stt-stal', drills);
    expect(choose).toThrow(UsageError);
    expect(choose).toThrow('did you mean stt-stall?');
    for (const { name } of drills) expect(choose).toThrow(`  ${name} `);
  });

  it('suggests nothing for what is near to none', () => {
    expect(() => chooseDrills('xyzzy', drills)).not.toThrow('did you mean');
  });
});

describe('drillLines', () => {
  it('fit on a terminal', () => {
    for (const line of drillLines(drills)) expect(Array.from(line).length).toBeLessThanOrEqual(80);
  });
});

describe('the drills', () => {
  it('have names of their own that begin with their kind', () => {
    expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length);
    for (const { name, kind } of drills) expect(name.startsWith(`${kind}-`)).toBe(true);
  });
});
