import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import type { SessionEvent, TurnAbortReason } from '../../events/session-event.js';
import { turnLatency, type AbsentReason, type TurnMoments } from '../../metrics/turn-latency.js';
import { turnTable } from './turn-table.js';

const base = { sessionId: 'a3f9b2c1', atMs: 0, timeMs: 0 };

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

const call = [
  end(0, 'Hello.', {}),
  final(1, 'book'),
  final(1, 'book my appointment'),
  end(1, 'Which day?', { mouthMs: 0, vadEndMs: 180, llmStartMs: 182, llmFirstTokenMs: 300, earMs: 748 }),
  final(2, 'friday'),
  end(2, 'At', {}, { aborted: 'interrupted', absent: 'interrupted' }),
];

describe('the turn table', () => {
  it('has a row for each turn: words, the parts in the order of the path, and mouth→ear', () => {
    expect(turnTable(call)).toEqual([
      '',
      'turn  caller               heard of the answer  endpointing  stt  llm  tools  sentence  tts  relay  playout    mouth→ear',
      '────  ───────────────────  ───────────────────  ───────────  ───  ───  ─────  ────────  ───  ─────  ───────  ───────────',
      '   0                       Hello.                                                                               greeting',
      '   1  book my appointment  Which day?                   180    0  118      0         0    0      2      448        748ms',
      '   2  friday               At [interrupted]                                                                  interrupted',
      '',
    ]);
  });

  it('has the parts that took time below each turn where the terminal is narrow', () => {
    expect(turnTable(call, 80)).toEqual([
      '',
      'turn  caller               heard of the answer    mouth→ear',
      '────  ───────────────────  ───────────────────  ───────────',
      '   0                       Hello.                  greeting',
      '   1  book my appointment  Which day?                 748ms',
      '      endpointing 180 + llm 118 + relay 2 + playout 448',
      '   2  friday               At [interrupted]     interrupted',
      '',
    ]);
  });

  it('names what failed, and the recordings that got no answer', () => {
    const failed: SessionEvent = {
      ...base,
      type: 'error',
      turn: 1,
      message: 'boom',
      kind: 'llm',
      provider: 'mine',
    };
    const table = turnTable([...call.slice(0, 3), failed, ...call.slice(3)], 100, ['cough.wav']);
    expect(table.find((line) => line.includes('book my'))).toContain('Which day? [llm failed]');
    expect(table.find((line) => line.includes('cough.wav'))).toContain('[no answer]');
    const narrow = turnTable(
      [failed, end(1, 'Sorry, something went wrong on my side. Could you say that again?', {})],
      60,
    );
    expect(narrow.join()).toContain('… [llm failed]');
  });

  it('gives long words the room that is left, and cuts them off where that ends', () => {
    const long = [
      final(1, 'i would like to book an appointment for friday'),
      end(1, 'What time suits you on Friday, in the morning or after lunch?', { mouthMs: 0, earMs: 500 }),
    ];
    expect(turnTable(long, 80).slice(3)).toEqual([
      '   1  i would like to book an appoi…  What time suits you on Friday,…      500ms',
      '      playout 500',
      '',
    ]);
    expect(turnTable(long, 160)[3]).toMatch(/^ {3}1 {2}i would .* for… {2}What time .* the m… {2}/);
    expect(turnTable(long)[3]).toContain('  i would like to book an appointment for friday  ');
  });

  it('fits into any terminal, whatever was said and however long it took', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    const at = fc.integer({ min: 0, max: 30_000 });
    const moments = fc.record({
      vadEndMs: at,
      llmStartMs: at,
      llmFirstTokenMs: at,
      ttsStartMs: at,
      earMs: at,
    });
    fc.assert(
      fc.property(text, text, moments, fc.integer({ min: 50, max: 200 }), (said, heard, times, columns) => {
        const lines = turnTable([final(1, said), end(1, heard, { mouthMs: 0, ...times })], columns);
        expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('marks a figure whose ear was calculated', () => {
    const latency = turnLatency({ mouthMs: 0, earMs: 700 }, 'estimated', 'unanswered');
    const [, , , row] = turnTable([
      { ...base, type: 'turn.end', turn: 1, heardText: '', aborted: null, latency },
    ]);
    expect(row).toMatch(/ 700ms \(est\.\)$/);
  });

  it('cuts long words off at a whole character, and lets no control character through', () => {
    const [, , , row] = turnTable([final(1, `\u001b[31m\n${'👋'.repeat(60)}`), end(1, 'ok', {})]);
    expect(row).toContain(`[31m ${'👋'.repeat(21)}…`);
    expect(row).toMatch(/^[^\p{Cc}\p{Cs}]*$/u);
  });

  it('is not there where no turn ended', () => {
    expect(turnTable([final(1, 'book')])).toEqual([]);
  });
});
