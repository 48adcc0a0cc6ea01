import { describe, expect, it } from '@jest/globals';
import { noUsage } from '../metrics/usage-ledger.js';
import type { AgentTurn, TurnKind } from './turn-taking/session-state.js';
import { TurnRecord } from './turn-record.js';

const nothingMore = { speculation: null, usage: noUsage };

function turn(text: string, kind: TurnKind = 'answer'): AgentTurn {
  return {
    turn: 1,
    kind,
    phase: 'generating',
    stage: null,
    text,
    timing: kind === 'answer' ? { mouthMs: 1000, vadEndMs: 1180, sttFinalMs: 1200 } : null,
    releaseAtMs: 1500,
    heldSinceMs: null,
    interruptedBy: null,
    endsCall: false,
    failed: false,
  };
}

function answered(record: TurnRecord, earMs: number): TurnRecord {
  Object.assign(record.moments, { ttsFirstAudioMs: earMs, audioSentMs: earMs, earMs });
  record.ear = 'measured';
  return record;
}

describe('a turn record', () => {
  it('reports what was said and heard, and how long it took from mouth to ear', () => {
    const record = new TurnRecord(1, 'answer');
    record.begin(turn('friday'), 1210);
    record.heardText = 'At ten.';
    const metrics = answered(record, 1700).metrics(null, nothingMore);
    expect(metrics).toMatchObject({
      turn: 1,
      kind: 'answer',
      text: 'friday',
      heardText: 'At ten.',
      aborted: null,
    });
    expect(metrics.latency).toMatchObject({ mouth_to_ear_ms: 700, ear: 'measured', absent: null });
  });

  it('counts from the latest commit when the turn was continued', () => {
    const record = new TurnRecord(1, 'answer');
    record.begin({ ...turn('friday'), timing: { mouthMs: 100, vadEndMs: 280, sttFinalMs: 300 } }, 310);
    record.moments.llmStartMs = 315;
    record.response = 'At ten.';
    record.begin(turn('friday at noon'), 1210);
    expect(record.moments).toEqual({ mouthMs: 1000, vadEndMs: 1180, sttFinalMs: 1200, commitMs: 1210 });
    expect(record.response).toBeNull();
    expect(record.metrics(null, nothingMore).text).toBe('friday at noon');
  });

  it('counts tools that run at the same time once, up to the end of the last', () => {
    const record = new TurnRecord(1, 'answer');
    record.begin(turn('friday'), 1210);
    record.moments.llmStartMs = 1210;
    record.toolStarted(1300);
    record.toolStarted(1320);
    record.toolEnded(1350);
    record.toolEnded(1400);
    record.toolStarted(1450);
    record.toolEnded(1460);
    expect(record.moments.toolsMs).toBe(110);
    record.moments.llmFirstTokenMs = 1470;
    record.moments.ttsFirstAudioMs = 1500;
    record.toolStarted(1510);
    record.toolEnded(1900);
    expect(record.moments.toolsMs).toBe(110);
    const { latency } = answered(record, 1500).metrics(null, nothingMore);
    expect(latency.parts).toMatchObject({ tools: 110 });
  });

  it("gives the wait for a revoked answer's tool to the tools, not to the engine or the model", () => {
    const record = new TurnRecord(1, 'answer');
    record.begin(turn('friday'), 600);
    record.moments.llmStartMs = 610;
    record.toolStarted(700);
    record.begin(turn('friday at noon'), 1210);
    record.toolEnded(1510);
    record.moments.llmStartMs = 1512;
    record.moments.llmFirstTokenMs = 1600;
    const { parts } = answered(record, 1700).metrics(null, nothingMore).latency;
    expect(parts).toMatchObject({ tools: 300, relay: 2, llm: 88 });
  });
});

describe('a turn without a figure says why', () => {
  it.each([
    ['greeting', 'greeting', null, 'greeting'],
    ['greeting', 'greeting', 'interrupted', 'greeting'],
    ['speech of the user', 'unprompted', null, 'unprompted'],
    ['interrupted answer', 'answer', 'interrupted', 'interrupted'],
    ['answer that a hang-up cut', 'answer', 'hangup', 'hangup'],
    ['turn without an answer', 'answer', null, 'unanswered'],
  ] as const)('%s (%s, %s): %s', (_, kind, aborted, absent) => {
    const record = new TurnRecord(1, kind);
    record.begin(turn('', kind), 1210);
    const { latency } = record.metrics(aborted, nothingMore);
    expect(latency).toMatchObject({ mouth_to_ear_ms: null, parts: null, absent });
  });
});
