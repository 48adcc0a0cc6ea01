import { describe, expect, it } from '@jest/globals';
import type { TtsUsage } from '../../metrics/provider-usage.js';
import { UsageWatch } from './usage-watch.js';

const told: TtsUsage = { kind: 'tts', provider: 'acme', characters: 10, seconds: 1 };
const counted: TtsUsage = { ...told, characters: 12 };

function watched(): { readonly watch: UsageWatch<TtsUsage>; readonly reports: TtsUsage[] } {
  const reports: TtsUsage[] = [];
  return { watch: new UsageWatch<TtsUsage>((usage) => reports.push(usage)), reports };
}

describe('the watch over reports of usage', () => {
  it('passes on what a candidate reports, and counts nothing itself', () => {
    const { watch, reports } = watched();
    watch.onUsage(told);
    watch.end(() => counted);
    watch.onUsage(told);
    expect(reports).toEqual([told, told]);
  });

  it('counts for a candidate that reports nothing, once', () => {
    const { watch, reports } = watched();
    watch.end(() => counted);
    watch.end(() => counted);
    watch.onUsage(told);
    expect(reports).toEqual([counted]);
  });

  it('counts nothing where nothing was used', () => {
    const { watch, reports } = watched();
    watch.end(() => null);
    expect(reports).toEqual([]);
  });
});
