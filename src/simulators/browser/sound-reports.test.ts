import { describe, expect, it } from '@jest/globals';
import { SoundReports, type SoundReport } from './sound-reports.js';

const sampleRateHz = 24_000;
const samplesPerMs = sampleRateHz / 1000;

function listen(): { readonly reports: SoundReports; readonly reported: SoundReport[] } {
  const reported: SoundReport[] = [];
  const reports = new SoundReports({
    sampleRateHz,
    pageMsOf: (position) => 5000 + position / samplesPerMs,
    onReport: (report) => reported.push(report),
  });
  return { reports, reported };
}

const sound = (ms: number): Int16Array => new Int16Array(ms * samplesPerMs).fill(8000);
const silence = (ms: number): Int16Array => new Int16Array(ms * samplesPerMs);

describe('a page’s sound reports', () => {
  it('give the begin and end of the visitor’s sounds, once the silence after them is certain', () => {
    const { reports, reported } = listen();
    reports.said(silence(100));
    reports.said(sound(300));
    expect(reported).toEqual([{ type: 'speech_start', pageMs: 5100 }]);
    reports.said(silence(140));
    expect(reported).toHaveLength(1);
    reports.said(silence(20));
    expect(reported.slice(1)).toEqual([{ type: 'speech_end', pageMs: 5400 }]);
  });

  it('give the moment when the agent becomes audible, but not when it falls silent', () => {
    const { reports, reported } = listen();
    for (const heard of [silence(50), sound(200), silence(200), sound(200)]) reports.heard(heard);
    expect(reported).toEqual([
      { type: 'audible', pageMs: 5050 },
      { type: 'audible', pageMs: 5450 },
    ]);
    expect(reports.heardSamples).toBe(650 * samplesPerMs);
  });

  it('do not treat a breath between words as silence', () => {
    const { reports, reported } = listen();
    for (const heard of [sound(200), silence(100), sound(200)]) {
      reports.heard(heard);
      reports.said(heard);
    }
    expect(reported.map(({ type }) => type)).toEqual(['audible', 'speech_start']);
  });
});
