import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorDetail, openContext, outputFormat, readMessage } from './elevenlabs-messages.js';

describe('readMessage', () => {
  it.each(['contextId', 'context_id'])('finds the context in %s', (field) => {
    expect(readMessage(JSON.stringify({ audio: 'AAAA', isFinal: null, [field]: 'answer-1' }))).toEqual({
      contextId: 'answer-1',
      audio: 'AAAA',
      times: null,
      isFinal: false,
      error: null,
    });
  });

  it('finds errors, and the end in either spelling', () => {
    expect(
      readMessage('{"error":"max_active_conversations","message":"Too many.","code":1008}')?.error,
    ).toEqual({
      code: 'max_active_conversations',
      message: 'Too many.',
    });
    expect(readMessage('{"isFinal":true}')?.isFinal).toBe(true);
    expect(readMessage('{"is_final":true}')?.isFinal).toBe(true);
  });

  it('passes over what it does not know', () => {
    expect(readMessage('{"type":"flush_done","context_id":"answer-1"}')).toMatchObject({ isFinal: false });
  });

  it('takes anything, and gives null for what is no message', () => {
    expect(readMessage('{"audio":')).toBeNull();
    expect(readMessage('{"audio":1}')).toBeNull();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readMessage(text)).not.toThrow();
        expect(() => errorDetail(text)).not.toThrow();
      }),
    );
  });
});

describe('openContext', () => {
  it("writes settings in the wire's words, and none that were left out", () => {
    const message = openContext('answer-1', { speed: 1.1, similarityBoost: 0.8 });
    expect(JSON.parse(message)).toEqual({
      text: ' ',
      context_id: 'answer-1',
      voice_settings: { speed: 1.1, similarity_boost: 0.8 },
    });
    expect(openContext('answer-1')).not.toContain('settings');
  });
});

describe('outputFormat', () => {
  it.each([
    ['mulaw', 8000, 'ulaw_8000'],
    ['linear16', 24000, 'pcm_24000'],
    ['mulaw', 16000, null],
    ['linear16', 11025, null],
  ] as const)('calls %s at %d Hz %s', (encoding, sampleRateHz, name) => {
    expect(outputFormat({ encoding, sampleRateHz })).toBe(name);
  });
});
