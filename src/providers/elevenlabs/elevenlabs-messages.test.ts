import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { oddFrames } from '../../simulators/elevenlabs/elevenlabs-manners.js';
import { openContext, outputFormat, readMessage, type ElevenLabsMessage } from './elevenlabs-messages.js';

function read(json: string): ElevenLabsMessage {
  const message = readMessage(json);
  if (typeof message === 'string') throw new Error(`${json} is ${message}`);
  return message;
}

describe('readMessage', () => {
  it.each(['contextId', 'context_id'])('finds the context in %s', (field) => {
    expect(readMessage(JSON.stringify({ audio: 'AAAA', isFinal: null, [field]: 'answer-1' }))).toEqual({
      contextId: 'answer-1',
      audio: 'AAAA',
      times: [],
      isFlushed: false,
      isFinal: false,
      error: null,
    });
  });

  it('finds the end in either spelling', () => {
    expect(read('{"isFinal":true}').isFinal).toBe(true);
    expect(read('{"is_final":true}').isFinal).toBe(true);
  });

  it.each<[string, object]>([
    [
      '{"error":"max_active_conversations","message":"Too many.","code":1008}',
      { code: 'max_active_conversations', message: 'Too many.', closeCode: 1008 },
    ],
    [
      '{"error":{"code":"service_unavailable","message":"Later."}}',
      { code: 'service_unavailable', message: 'Later.' },
    ],
    ['{"error":{"type":"internal_error"}}', { code: 'internal_error', message: 'internal_error' }],
    ['{"error":{"code":503,"message":"Later."}}', { status: 503, message: 'Later.' }],
    ['{"error":"new_code","code":429}', { code: 'new_code', status: 429 }],
    ['{"error":"This request exceeds your quota."}', { code: 'quota_exceeded' }],
    ['{"error":true,"message":"Gone."}', { message: 'Gone.', category: 'server' }],
    [
      '{"detail":{"status":"system_busy","message":"Busy."},"contextId":"answer-1"}',
      { code: 'system_busy', message: 'Busy.' },
    ],
    ['{"detail":"Invalid API key"}', { code: 'invalid_api_key', message: 'Invalid API key' }],
    ['{"detail":"Method Not Allowed"}', { message: 'Method Not Allowed', category: 'server' }],
    ['{"detail":[{"loc":["body","text"],"msg":"is too long"}]}', { message: 'text: is too long' }],
    ['{"type":"error","message":"No."}', { message: 'No.', category: 'server' }],
  ])('finds an error worded as %s', (json, error) => {
    expect(read(json).error).toMatchObject(error);
  });

  it.each([
    '{"error":null,"message":null,"code":null}',
    '{"error":{},"detail":{}}',
    '{"error":[],"detail":[]}',
    '{"error":false,"detail":""}',
    '{"error":0,"detail":{"status":200}}',
    '{"type":"warning","message":"Your plan ends soon."}',
    '{"audio":"AAAA","detail":"of the voice"}',
  ])('finds no error in %s', (json) => {
    expect(read(json).error).toBeNull();
  });

  it('passes over what it does not know', () => {
    expect(readMessage('{"type":"viseme","context_id":"answer-1","id":[1]}')).toMatchObject({
      isFinal: false,
    });
  });

  it('knows when a text that was flushed has been spoken', () => {
    expect(read('{"type":"flush_done","context_id":"answer-1"}').isFlushed).toBe(true);
  });

  it.each([
    { alignment: 'none', normalizedAlignment: 7 },
    { alignment: { chars: 5, charStartTimesMs: {} } },
    { isFinal: 'false', contextId: 12, type: null, code: 'x', message: {} },
    { alignment: null, normalizedAlignment: null, isFinal: null },
  ])('gives the audio of a message whose metadata is %j', (metadata) => {
    const message = readMessage(JSON.stringify({ audio: 'AAAA', ...metadata }));
    expect(message).toMatchObject({ audio: 'AAAA', times: [], isFinal: false, error: null });
  });

  it('takes the times of the written text, and those of the normalised one where there are no others', () => {
    const times = (char: string): object => ({ chars: [char], charStartTimesMs: [0], charDurationsMs: [60] });
    const charsOf = (message: object): unknown =>
      read(JSON.stringify({ audio: 'AAAA', ...message })).times.map(({ chars }) => chars);
    expect(charsOf({ alignment: times('2'), normalizedAlignment: times('t') })).toEqual([['2']]);
    expect(charsOf({ alignment: null, normalizedAlignment: times('t') })).toEqual([['t']]);
    expect(charsOf({ alignment: { chars: ['2'] }, normalized_alignment: times('t') })).toEqual([['t']]);
  });

  it.each([...oddFrames, '[[[', 'true', '{"isFinal":tr', '\u0000\u0001'])(
    'finds nothing to use in %j',
    (frame) => {
      const message = readMessage(frame);
      if (message === 'unknown') return;
      expect(message).toMatchObject({
        audio: null,
        times: [],
        isFinal: false,
        isFlushed: false,
        error: null,
      });
    },
  );

  it.each(['{"audio":', '{"audio":"AAAA', '{"contextId":"answer-1","audio":"AA', '[{"audio":"AAAA"}]'])(
    'knows that audio is lost with %s',
    (frame) => {
      expect(readMessage(frame)).toBe('lost_audio');
    },
  );

  it('takes anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readMessage(text)).not.toThrow();
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
