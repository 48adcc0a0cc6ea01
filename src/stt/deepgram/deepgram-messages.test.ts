import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDeepgramMessage } from './deepgram-messages.js';

describe("Deepgram's messages", () => {
  it('are understood with the fields that matter, whatever else they hold', () => {
    const results = {
      type: 'Results',
      channel_index: [0, 1],
      start: 3.1,
      duration: 1.02,
      is_final: true,
      channel: { alternatives: [{ transcript: 'hello', confidence: 0.98, words: [] }] },
      metadata: { request_id: 'x' },
    };
    expect(parseDeepgramMessage(results)).toEqual({
      type: 'Results',
      start: 3.1,
      duration: 1.02,
      is_final: true,
      speech_final: false,
      from_finalize: false,
      channel: { alternatives: [{ transcript: 'hello' }] },
    });
  });

  it('of another type say nothing that is needed', () => {
    for (const type of [
      'Metadata',
      'SpeechStarted',
      'Connected',
      'ConfigureSuccess',
      'toString',
      '__proto__',
    ])
      expect(parseDeepgramMessage({ type })).toBe('ignored');
  });

  it('are told from anything else that may arrive, without ever throwing', () => {
    expect(parseDeepgramMessage('not json')).toBe('malformed');
    expect(parseDeepgramMessage({ type: 'Results', start: 'soon' })).toBe('malformed');
    fc.assert(
      fc.property(fc.anything(), (message) => {
        expect(() => parseDeepgramMessage(message)).not.toThrow();
      }),
    );
  });
});
