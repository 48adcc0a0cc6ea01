import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { turnLatency, type TurnMoments } from './turn-latency.js';

/** An answer with every moment, in order. */
const answer: TurnMoments = {
  mouthMs: 1000,
  vadEndMs: 1180,
  sttFinalMs: 1215,
  commitMs: 1220,
  llmStartMs: 1221,
  llmFirstTokenMs: 1301,
  ttsStartMs: 1321,
  ttsFirstAudioMs: 1361,
  releasedMs: 1500,
  audioSentMs: 1502,
  earMs: 1622,
};

const partsOf = (moments: TurnMoments): unknown => turnLatency(moments, 'measured', 'unanswered').parts;

describe('mouth to ear', () => {
  it('is the sum of the parts between its moments', () => {
    const latency = turnLatency(answer, 'measured', 'unanswered');
    expect(latency).toMatchObject({ mouth_to_ear_ms: 622, absent: null, ear: 'measured' });
    expect(latency.parts).toEqual({
      endpointing: 180 + 5 + 139,
      stt: 35,
      llm: 80,
      sentence: 20,
      tts: 40,
      tools: 0,
      relay: 1 + 2,
      playout: 120,
    });
  });

  it('reports each moment by its public name, null if it did not happen', () => {
    expect(turnLatency({ mouthMs: 5, llmStartMs: 7 }, null, 'hangup')).toEqual({
      mouth_to_ear_ms: null,
      absent: 'hangup',
      ear: null,
      filler: false,
      answer_ms: null,
      parts: null,
      audio_received_ms: 5,
      stt_start_ms: null,
      stt_final_ms: null,
      llm_start_ms: 7,
      llm_first_token_ms: null,
      tts_start_ms: null,
      tts_first_audio_ms: null,
      audio_sent_ms: null,
      ear_ms: null,
    });
    expect(turnLatency(answer, 'estimated', 'hangup')).toMatchObject({
      ear: 'estimated',
      audio_received_ms: 1000,
      stt_start_ms: 1180,
      stt_final_ms: 1215,
      audio_sent_ms: 1502,
      ear_ms: 1622,
    });
  });

  it('takes tool time out of the model part, then out of the sentence part', () => {
    expect(partsOf({ ...answer, toolsMs: 50 })).toMatchObject({ llm: 30, sentence: 20, tools: 50 });
    expect(partsOf({ ...answer, toolsMs: 95 })).toMatchObject({ llm: 0, sentence: 5, tools: 95 });
    expect(partsOf({ ...answer, toolsMs: 500 })).toMatchObject({ llm: 0, sentence: 0, tools: 100 });
  });

  it('ends at the ear, even if the model still runs after a filler', () => {
    const filled = { ...answer, filler: true, llmFirstTokenMs: 9000, toolsMs: 100, answerMs: 9100 };
    const latency = turnLatency(filled, 'measured', 'hangup');
    expect(latency).toMatchObject({ mouth_to_ear_ms: 622, filler: true });
    expect(latency.answer_ms).toBe(8100);
  });

  it('counts the wait for the tools of a revoked answer as tools', () => {
    expect(partsOf({ ...answer, commitMs: 1216, toolsReadyMs: 1220, toolsMs: 50 })).toMatchObject({
      tools: 54,
      llm: 30,
      relay: 3,
    });
  });

  it('shows a model that was started before the commit as overlap', () => {
    expect(partsOf({ ...answer, llmStartMs: 1100, llmFirstTokenMs: 1200 })).toMatchObject({
      endpointing: 324,
      llm: 0,
      sentence: 101,
    });
  });

  it('has no negative part and sums to the total, for any moments in any order, some of them missing', () => {
    const moment = fc.option(fc.double({ min: 0, max: 10_000, noNaN: true }), { nil: undefined });
    const fields = Object.fromEntries(
      [...Object.keys(answer), 'toolsReadyMs', 'toolsMs'].map((name) => [name, moment]),
    );
    fc.assert(
      fc.property(fc.record(fields), fc.constantFrom('measured', 'estimated', null), (moments, ear) => {
        const latency = turnLatency(moments, ear, 'unanswered');
        const { mouthMs, earMs } = moments;
        if (mouthMs === undefined || earMs === undefined || ear === null) {
          expect(latency).toMatchObject({ mouth_to_ear_ms: null, parts: null, absent: 'unanswered' });
          return;
        }
        const parts = Object.values(latency.parts ?? {}) as number[];
        expect(parts.every((part) => part >= 0)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(latency.mouth_to_ear_ms ?? NaN, 6);
        expect(latency.mouth_to_ear_ms).toBeCloseTo(Math.max(0, earMs - mouthMs), 6);
      }),
      { numRuns: 1000 },
    );
  });
});
