import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SessionEvent } from '../events/session-event.js';
import { turnLatency, type LatencyPart, type TurnMoments } from '../metrics/turn-latency.js';
import {
  durationText,
  maxTurns,
  partOrder,
  timeAxis,
  turnBar,
  turnsAfter,
  type TurnBar,
} from './waterfall.js';

const spoken: TurnMoments = {
  mouthMs: 1000,
  vadEndMs: 1180,
  sttFinalMs: 1190,
  commitMs: 1190,
  llmStartMs: 1191,
  llmFirstTokenMs: 1221,
  ttsStartMs: 1225,
  ttsFirstAudioMs: 1265,
  releasedMs: 1500,
  audioSentMs: 1502,
  earMs: 1560,
};

function end(moments: TurnMoments, turn = 1): SessionEvent<'turn.end'> {
  const latency = turnLatency(moments, moments.earMs === undefined ? null : 'measured', 'no_audio');
  return {
    type: 'turn.end',
    sessionId: 'a3f9b2c1',
    atMs: 0,
    timeMs: 0,
    turn,
    latency,
    aborted: null,
    heardText: '',
  };
}

function sums(bar: TurnBar): Partial<Record<LatencyPart, number>> {
  const total: Partial<Record<LatencyPart, number>> = {};
  for (const { part, durationMs } of bar.segments) total[part] = (total[part] ?? 0) + durationMs;
  return total;
}

describe('the waterfall of a turn', () => {
  it('places each part at its time', () => {
    const { segments, totalMs, slow, note } = turnBar(end(spoken));
    expect({ totalMs, slow, note }).toEqual({ totalMs: 560, slow: false, note: 'measured' });
    expect(segments.map(({ part, startMs, durationMs }) => `${startMs} ${part} ${durationMs}`)).toEqual([
      '0 endpointing 180',
      '180 stt 10',
      '190 endpointing 1',
      '191 llm 30',
      '221 sentence 4',
      '225 tts 40',
      '265 endpointing 234',
      '499 relay 3',
      '502 playout 58',
    ]);
  });

  it('shows tools within the time that the model took', () => {
    const { segments } = turnBar(end({ ...spoken, toolsMs: 20 }));
    expect(segments.filter(({ part }) => part === 'llm' || part === 'tools')).toEqual([
      { part: 'llm', startMs: 191, durationMs: 10 },
      { part: 'tools', startMs: 201, durationMs: 20 },
    ]);
  });

  it('marks a turn as slow from one second', () => {
    expect(turnBar(end({ ...spoken, earMs: 1999 })).slow).toBe(false);
    expect(turnBar(end({ ...spoken, earMs: 2000 })).slow).toBe(true);
  });

  it('says why there is no figure', () => {
    expect(turnBar(end({ mouthMs: 1000 }))).toMatchObject({ totalMs: null, note: 'no audio', segments: [] });
  });

  it('gives the reason of an aborted turn', () => {
    const { note } = turnBar({ ...end(spoken), aborted: 'interrupted' });
    expect(note).toBe('measured, interrupted');
  });

  it('shows every part in full length and without gaps, for any moments', () => {
    const moment = fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined });
    const moments = fc.record({
      mouthMs: fc.integer({ min: 0, max: 1000 }),
      vadEndMs: moment,
      sttFinalMs: moment,
      commitMs: moment,
      toolsReadyMs: moment,
      llmStartMs: moment,
      llmFirstTokenMs: moment,
      ttsStartMs: moment,
      ttsFirstAudioMs: moment,
      releasedMs: moment,
      audioSentMs: moment,
      earMs: fc.integer({ min: 1000, max: 4000 }),
      toolsMs: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(moments, (given) => {
        const event = end(given);
        const bar = turnBar(event);
        let at = 0;
        for (const { startMs, durationMs } of bar.segments) {
          expect(startMs).toBeCloseTo(at, 6);
          expect(durationMs).toBeGreaterThan(0);
          at += durationMs;
        }
        expect(at).toBeCloseTo(bar.totalMs ?? 0, 6);
        const total = sums(bar);
        for (const part of partOrder)
          expect(total[part] ?? 0).toBeCloseTo(event.latency.parts?.[part] ?? 0, 6);
      }),
    );
  });
});

describe('the turns of a session', () => {
  it('are kept up to a limit, the latest last, and are dropped at the next session', () => {
    const events = Array.from({ length: maxTurns + 2 }, (_, turn) => end(spoken, turn));
    const turns = events.reduce<readonly TurnBar[]>(turnsAfter, []);
    expect(turns).toHaveLength(maxTurns);
    expect(turns.at(-1)?.turn).toBe(maxTurns + 1);
    const start: SessionEvent = {
      type: 'session.start',
      sessionId: 'b7d1e4f2',
      atMs: 0,
      timeMs: 0,
      turn: 0,
      transport: 'webrtc',
      providers: { stt: 'local', llm: 'local', tts: 'local' },
      parameters: {},
      reconnectWindowMs: 15_000,
    };
    expect(turnsAfter(turns, start)).toEqual([]);
  });

  it('share one time axis that reaches at least the slow mark', () => {
    expect(timeAxis([])).toEqual({ endMs: 1100, ticksMs: [0, 250, 500, 750, 1000] });
    const { endMs, ticksMs } = timeAxis([turnBar(end({ ...spoken, earMs: 5200 }))]);
    expect(endMs).toBe(4200);
    expect(ticksMs).toEqual([0, 1000, 2000, 3000, 4000]);
  });
});

describe('a duration', () => {
  it('is written with a useful precision', () => {
    expect([0.52, 9.94, 57.3, 1240.4, 12_340].map(durationText)).toEqual([
      '0.5 ms',
      '9.9 ms',
      '57 ms',
      '1240 ms',
      '12.3 s',
    ]);
  });
});
