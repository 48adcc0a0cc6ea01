import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BoundedValues, Counter, Gauge, Histogram, renderMetrics } from './exposition.js';

describe('text exposition', () => {
  it('has help, type and a line for each combination of labels', () => {
    const calls = new Counter({ name: 'calls_total', help: 'Calls,\nby way \\ of coming.' });
    calls.increment({ transport: 'twilio' });
    calls.increment({ transport: 'twilio' });
    calls.increment({ transport: 'webrtc' }, 0.5);
    const live = new Gauge({ name: 'live', help: 'Live ones.' }, () => [[{}, 3]]);
    expect(renderMetrics([calls, live])).toBe(
      [
        '# HELP calls_total Calls,\\nby way \\\\ of coming.',
        '# TYPE calls_total counter',
        'calls_total{transport="twilio"} 2',
        'calls_total{transport="webrtc"} 0.5',
        '# HELP live Live ones.',
        '# TYPE live gauge',
        'live 3',
        '',
      ].join('\n'),
    );
  });

  it('counts into cumulative buckets, bounds included', () => {
    const delay = new Histogram({ name: 'delay_seconds', help: 'Delay.' }, [0.5, 1]);
    for (const value of [0.5, 0.6, 7]) delay.observe(value, { part: 'llm' });
    expect(delay.render().split('\n').slice(2, -1)).toEqual([
      'delay_seconds_bucket{part="llm",le="0.5"} 1',
      'delay_seconds_bucket{part="llm",le="1"} 2',
      'delay_seconds_bucket{part="llm",le="+Inf"} 3',
      'delay_seconds_sum{part="llm"} 8.1',
      'delay_seconds_count{part="llm"} 3',
    ]);
  });

  it('keeps any label value on one line, and tells different ones apart', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 5 }), (values) => {
        const counter = new Counter({ name: 'c_total', help: 'C.' });
        for (const value of values) counter.increment({ value });
        const series = counter.render().split('\n').slice(2, -1);
        const read = series.map((line) =>
          /^c_total\{value="((?:[^"\\\n]|\\[\\"n])*)"\} 1$/
            .exec(line)?.[1]
            ?.replace(/\\([\\"n])/g, (_whole, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
        );
        expect(read).toEqual(values);
      }),
    );
  });

  it('tells only so many values of a label apart', () => {
    const values = new BoundedValues(2);
    expect(['a', 'b', 'c', 'a', 'd'].map((value) => values.of(value))).toEqual([
      'a',
      'b',
      'other',
      'a',
      'other',
    ]);
  });
});
