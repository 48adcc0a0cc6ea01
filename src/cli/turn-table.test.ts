import { describe, expect, it } from '@jest/globals';
import type { SessionEvent, TurnAbortReason } from '../events/session-event.js';
import { turnLatency, type AbsentReason, type TurnMoments } from '../metrics/turn-latency.js';
import { turnTable } from './turn-table.js';

const base = { sessionId: 'a3f9b2c1', atMs: 0 };

const final = (turn: number, text: string): SessionEvent => ({
  ...base,
  type: 'transcript.final',
  turn,
  text,
  typed: false,
});

function end(
  turn: number,
  heardText: string,
  moments: TurnMoments,
  { aborted = null, absent = 'greeting' }: { aborted?: TurnAbortReason | null; absent?: AbsentReason } = {},
): SessionEvent {
  return {
    ...base,
    type: 'turn.end',
    turn,
    heardText,
    aborted,
    latency: turnLatency(moments, 'measured', absent),
  };
}

describe('the turn table', () => {
  it('has a row for each turn: words, the parts in the order of the path, and mouth→ear', () => {
    const events = [
      end(0, 'Hello.', {}),
      final(1, 'book'),
      final(1, 'book my appointment'),
      end(1, 'Which day?', { mouthMs: 0, vadEndMs: 180, llmStartMs: 182, llmFirstTokenMs: 300, earMs: 748 }),
      final(2, 'friday'),
      end(2, 'At', {}, { aborted: 'interrupted', absent: 'interrupted' }),
    ];
    expect(turnTable(events)).toEqual([
      '',
      'turn  caller               heard of the answer  endpointing  stt  llm  sentence  tts  tools  relay  playout    mouth→ear',
      '────  ───────────────────  ───────────────────  ───────────  ───  ───  ────────  ───  ─────  ─────  ───────  ───────────',
      '   0                       Hello.                                                                               greeting',
      '   1  book my appointment  Which day?                   180    0  118         0    0      0      2      448        748ms',
      '   2  friday               At [interrupted]                                                                  interrupted',
      '',
    ]);
  });

  it('marks a figure whose ear was calculated', () => {
    const [, , , row] = turnTable([
      {
        ...base,
        type: 'turn.end',
        turn: 1,
        heardText: '',
        aborted: null,
        latency: turnLatency({ mouthMs: 0, earMs: 700 }, 'estimated', 'unanswered'),
      },
    ]);
    expect(row).toMatch(/ 700ms \(est\.\)$/);
  });

  it('cuts long words off at a whole character, and lets no control character through', () => {
    const [, , , row] = turnTable([final(1, `\u001b[31m\n${'👋'.repeat(40)}`), end(1, 'ok', {})]);
    expect(row).toContain(`[31m ${'👋'.repeat(24)}…`);
    expect(row).toMatch(/^[^\p{Cc}\p{Cs}]*$/u);
  });

  it('is not there where no turn ended', () => {
    expect(turnTable([final(1, 'book')])).toEqual([]);
  });
});
