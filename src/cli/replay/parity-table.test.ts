import { describe, expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import type { SessionEvent } from '../../events/session-event.js';
import { parityTable, type ParityRun } from './parity-table.js';

const base = { sessionId: 'a3f9b2c1', turn: 1, atMs: 0, timeMs: 0 };
const noLatency = {
  parts: null,
  audio_received_ms: null,
  stt_start_ms: null,
  stt_final_ms: null,
  llm_start_ms: null,
  llm_first_token_ms: null,
  tts_start_ms: null,
  tts_first_audio_ms: null,
  audio_sent_ms: null,
  ear_ms: null,
  filler: false,
  answer_ms: null,
} as const;

function run(name: string, answer: string, mouthToEarMs: number): ParityRun {
  const latency = { ...noLatency, mouth_to_ear_ms: mouthToEarMs, absent: null, ear: 'measured' } as const;
  const events: SessionEvent[] = [
    { ...base, type: 'speech.start', onsetMs: 0 },
    { ...base, type: 'transcript.final', text: 'hello there', typed: false },
    { ...base, type: 'llm.response', text: answer },
    { ...base, type: 'tts.audio_start' },
    { ...base, type: 'tts.audio_end', cut: false },
    { ...base, type: 'turn.end', latency, aborted: null, heardText: answer },
    { ...base, type: 'session.end', reason: 'hangup', durationMs: 1 },
  ];
  return { name, events };
}

describe('two calls side by side', () => {
  it('are equal where their lanes are, whatever the latency', () => {
    const { equal, lines } = parityTable(run('twilio', 'Good day.', 512.4), run('webrtc', 'Good day.', 570));
    expect(equal).toBe(true);
    expect(lines).toEqual([
      '',
      '  lane               twilio                         webrtc',
      '  ─────────────────  ─────────────────────────────  ─────────────────────────────',
      '  turn 1  caller     speech.start                   speech.start',
      '  turn 1  caller     transcript.final: hello there  transcript.final: hello there',
      '  turn 1  model      llm.response: Good day.        llm.response: Good day.',
      '  turn 1  voice      tts.audio_start                tts.audio_start',
      '  turn 1  voice      tts.audio_end                  tts.audio_end',
      '  turn 1  end        completed                      completed',
      '  session end        hangup                         hangup',
      '  turn 1  mouth→ear  512ms                          570ms',
      '',
    ]);
  });

  it('mark what differs, the counterparts in one row', () => {
    const { equal, lines } = parityTable(run('twilio', 'Good day.', 512), run('webrtc', 'Good night.', 570));
    expect(equal).toBe(false);
    expect(lines.filter((line) => line.startsWith('≠'))).toEqual([
      '≠ turn 1  model      llm.response: Good day.        llm.response: Good night.',
    ]);
  });

  it('mark what only one of them has', () => {
    const short = run('webrtc', 'Good day.', 570);
    const events = short.events.filter(({ type }) => type !== 'tts.audio_end');
    const { equal, lines } = parityTable(run('twilio', 'Good day.', 512), { ...short, events });
    expect(equal).toBe(false);
    expect(lines.filter((line) => line.startsWith('≠'))).toEqual(['≠ turn 1  voice      tts.audio_end']);
  });

  it.each([
    [120, 'This answer is far too long for a column of a table, so that it has to be cut off.'],
    [80, 'この返事は表の列には長すぎるので切り捨てられますこの返事は表の列には長すぎるので'],
    [60, 'This answer is far too long for a column of a table, so that it has to be cut off.'],
  ])('fit into %i columns', (columns, answer) => {
    const { lines } = parityTable(run('twilio', answer, 512), run('webrtc', answer, 570), columns);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
    expect(lines.some((line) => line.includes('…'))).toBe(true);
  });

  it('may compare a call without events with a good one', () => {
    const { equal, lines } = parityTable(run('twilio', 'Good day.', 512), { name: 'webrtc', events: [] });
    expect(equal).toBe(false);
    expect(lines.filter((line) => line.startsWith('≠'))).toHaveLength(7);
    expect(lines.at(-2)).toBe('  turn 1  mouth→ear  512ms');
  });
});
