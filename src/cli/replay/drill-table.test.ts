import { describe, expect, it } from '@jest/globals';
import type { DrillResult } from '../../drills/drill-verdict.js';
import { drillSummary, drillTable } from './drill-table.js';

const nothing = { lost: [], doubled: [], strange: [], restarted: [] };
const passed: DrillResult = {
  drill: 'stt-drop-before-speech',
  via: 'twilio',
  passed: true,
  problems: [],
  failed: 'connection, retried',
  callerHeard: 'every word',
  recoveryMs: 180.4,
  laterMs: 0,
  callerWords: nothing,
  agentWords: nothing,
  allowedLosses: [],
};
const failed: DrillResult = {
  ...passed,
  drill: 'llm-garbage',
  via: 'webrtc',
  passed: false,
  problems: ['lost words of the agent: day', 'still open at the end: 2 timers'],
  callerHeard: '1 lost',
  recoveryMs: null,
  agentWords: { ...nothing, lost: ['day'] },
};

describe('drillTable', () => {
  it('has a row for each drill, and the reasons below those that failed', () => {
    const lines = drillTable([passed, failed]);
    expect(lines.map((line) => line.replace(/\s+/g, ' ').trim())).toEqual([
      '',
      'drill via caller heard recovered later lost doubled what failed, and what was done',
      expect.stringMatching(/^[─ ]+$/),
      '✓ stt-drop-before-speech twilio every word 180ms 0ms 0/0 0/0 connection, retried',
      '✗ llm-garbage webrtc 1 lost – 0ms 0/1 0/0 connection, retried',
      '✗ lost words of the agent: day',
      '✗ still open at the end: 2 timers',
      '',
      'lost, doubled: words of the caller / of the agent',
    ]);
  });

  it('says which losses are allowed, and why, once for each reason', () => {
    const why = 'the apology took their place';
    const excused = {
      ...passed,
      agentWords: failed.agentWords,
      allowedLosses: [{ of: 'agent', why }],
    } as const;
    const lines = drillTable([excused, { ...excused, drill: 'llm-down' }, { ...excused, via: 'webrtc' }], 80);
    const legend = lines.slice(lines.findIndex((line) => line.startsWith('lost, doubled')) + 1);
    expect(legend.join(' ')).toBe(
      'allowed losses: words of the agent in stt-drop-before-speech, llm-down: the apology took their place',
    );
    for (const line of legend) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('puts what failed below its drill where a terminal is narrow', () => {
    const lines = drillTable([passed, failed], 80);
    for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(80);
    expect(lines[4]?.trim()).toBe('connection, retried');
  });
});

describe('drillSummary', () => {
  it('names those that failed', () => {
    expect(drillSummary([passed])).toBe('1 drill, all passed.');
    expect(drillSummary([passed, failed])).toBe('2 drills, 1 failed: llm-garbage (webrtc).');
  });
});
