import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCharacterTimes } from './character-times.js';

const hi = { chars: ['H', 'i'], startMs: [0, 60], endMs: [60, 120] };

describe('readCharacterTimes', () => {
  it.each<[string, object]>([
    ['as documented', { chars: ['H', 'i'], charStartTimesMs: [0, 60], charDurationsMs: [60, 60] }],
    ['under older names', { chars: ['H', 'i'], charsStartTimesMs: [0, 60], charsDurationsMs: [60, 60] }],
    ['in snake case', { characters: ['H', 'i'], char_start_times_ms: [0, 60], char_durations_ms: [60, 60] }],
    [
      'in seconds',
      {
        characters: ['H', 'i'],
        character_start_times_seconds: [0, 0.06],
        character_end_times_seconds: [0.06, 0.12],
      },
    ],
    ['as strings', { chars: ['H', 'i'], charStartTimesMs: ['0', '60'], charDurationsMs: ['60', '60'] }],
    ['with one string for the text', { chars: 'Hi', charStartTimesMs: [0, 60], charDurationsMs: [60, 60] }],
    ['without durations', { chars: ['H', 'i'], charStartTimesMs: [0, 60] }],
    ['without starts', { chars: ['H', 'i'], charDurationsMs: [60, 60] }],
    ['with ends only', { characters: ['H', 'i'], characterEndTimesMs: [60, 120] }],
    ['with too many durations', { chars: 'Hi', charStartTimesMs: [0, 60], charDurationsMs: [60, 60, 60] }],
    ['with durations that are none', { chars: 'Hi', charStartTimesMs: [0, 60], charDurationsMs: [-1, null] }],
    ['in milliseconds that are spelled out', { chars: 'Hi', start_times_milliseconds: [0, 60] }],
  ])('reads times %s', (_how, alignment) => {
    expect(readCharacterTimes(alignment)).toEqual([hi]);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'alignment'],
    ['no characters', { charStartTimesMs: [0, 60], charDurationsMs: [60, 60] }],
    ['no times', { chars: ['H', 'i'] }],
    ['empty arrays', { chars: [], charStartTimesMs: [], charDurationsMs: [] }],
    ['times that are mostly none', { chars: ['H', 'i', '!'], charStartTimesMs: [0, -1, null] }],
    ['times that are no array', { chars: ['H'], charStartTimesMs: 0 }],
  ])('finds none in %s', (_what, alignment) => {
    expect(readCharacterTimes(alignment)).toEqual([]);
  });

  const spoken = { chars: ['Y', 'e', 's', '!'], startMs: [0, 60, 120, 180], endMs: [60, 120, 180, 240] };

  it.each<[string, number]>([
    ['seconds', 0.001],
    ['microseconds', 1000],
  ])('finds out that times are %s, whatever their name says', (_unit, unit) => {
    const charStartTimesMs = spoken.startMs.map((ms) => ms * unit);
    const charDurationsMs = [60, 60, 60, 60].map((ms) => ms * unit);
    const [times, ...more] = readCharacterTimes({ chars: spoken.chars, charStartTimesMs, charDurationsMs });
    expect(more).toEqual([]);
    expect(times?.chars).toEqual(spoken.chars);
    expect(times?.startMs.map(Math.round)).toEqual(spoken.startMs);
    expect(times?.endMs.map(Math.round)).toEqual(spoken.endMs);
  });

  it.each([[[0, 0, 0, 0]], [[7, 7, 7, 7]], [[0, 1e8, 2e8, 3e8]]])(
    'finds none in %j, since no voice speaks like that',
    (charStartTimesMs) => {
      expect(readCharacterTimes({ chars: spoken.chars, charStartTimesMs })).toEqual([]);
    },
  );

  it('leaves out the characters whose times are none', () => {
    const [times] = readCharacterTimes({
      chars: ['a', 'b', 'c', 'd', 'e'],
      charStartTimesMs: [0, null, 120, 90, 240],
    });
    expect(times?.chars).toEqual(['a', 'c', 'e']);
  });

  it('tells a second pass from the first', () => {
    const passes = readCharacterTimes({
      chars: Array.from('HelHello'),
      charStartTimesMs: [0, 80, 160, 0, 80, 160, 240, 320],
    });
    expect(passes.map(({ chars }) => chars.join(''))).toEqual(['Hel', 'Hello']);
  });

  it('takes anything, and gives times that never go back', () => {
    const times = fc.array(fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(null)));
    const alignment = fc.record(
      {
        chars: fc.oneof(fc.array(fc.string()), fc.anything()),
        charStartTimesMs: times,
        charDurationsMs: times,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(alignment, fc.anything()), (raw) => {
        for (const { chars, startMs, endMs } of readCharacterTimes(raw)) {
          expect([startMs.length, endMs.length]).toEqual([chars.length, chars.length]);
          startMs.forEach((ms, index) => {
            expect(ms).toBeGreaterThanOrEqual(index === 0 ? 0 : startMs[index - 1]!);
            expect(endMs[index]).toBeGreaterThanOrEqual(ms);
          });
        }
      }),
      { numRuns: 500 },
    );
  });
});
