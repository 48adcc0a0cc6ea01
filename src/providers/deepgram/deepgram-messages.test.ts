import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDeepgramMessage, requestIdIn } from './deepgram-messages.js';

describe("Deepgram's messages", () => {
  it('are understood with the fields that matter, whatever else they hold', () => {
    const word = { word: 'hello', start: 3.2, end: 3.4, confidence: 0.99, punctuated_word: 'hello' };
    const results = {
      type: 'Results',
      channel_index: [0, 1],
      start: 3.1,
      duration: 1.02,
      is_final: true,
      channel: { alternatives: [{ transcript: 'hello', confidence: 0.98, words: [word] }] },
      metadata: { request_id: 'x' },
    };
    expect(parseDeepgramMessage(results)).toEqual({
      type: 'Results',
      start: 3.1,
      duration: 1.02,
      is_final: true,
      speech_final: false,
      from_finalize: false,
      channel: {
        alternatives: [
          {
            transcript: 'hello',
            words: [{ word: 'hello', start: 3.2, end: 3.4, punctuated_word: 'hello' }],
          },
        ],
      },
    });
  });

  it('are of use without their words', () => {
    const results = { type: 'Results', start: 0, duration: 1 };
    for (const words of [undefined, null, 'hello', [{ word: 7 }], [{ word: 'hello', start: 'soon' }]])
      expect(
        parseDeepgramMessage({ ...results, channel: { alternatives: [{ transcript: 'hello', words }] } }),
      ).toMatchObject({ channel: { alternatives: [{ transcript: 'hello' }] } });
  });

  it('are of use without anything else that may be missing or odd', () => {
    const empty = {
      is_final: false,
      speech_final: false,
      from_finalize: false,
      channel: { alternatives: [] },
    };
    for (const odd of [
      {},
      { channel: [0, 1] },
      { channel: { alternatives: null } },
      { channel: { alternatives: [] }, start: 'soon', duration: null, is_final: null, speech_final: 'no' },
    ])
      expect(parseDeepgramMessage({ type: 'Results', ...odd })).toMatchObject(empty);
    expect(parseDeepgramMessage({ type: 'TurnInfo', event: 3, sequence_id: 'x', words: 1 })).toMatchObject({
      event: 'Update',
      transcript: '',
    });
    expect(parseDeepgramMessage({ type: 'UtteranceEnd', last_word_end: null })).toEqual({
      type: 'UtteranceEnd',
    });
  });

  it('of another type say nothing that is needed', () => {
    for (const type of ['Metadata', 'SpeechStarted', 'Connected', 'ConfigureSuccess', 'Warning'])
      expect(parseDeepgramMessage({ type })).toBe('ignored');
    for (const type of ['Sentiment', 'toString', '__proto__', ''])
      expect(parseDeepgramMessage({ type })).toBe('unknown');
  });

  it('are told from anything else that may arrive, without ever throwing', () => {
    expect(parseDeepgramMessage('not json')).toBe('malformed');
    for (const message of [null, 7, [], { type: 7 }, {}])
      expect(parseDeepgramMessage(message)).toBe('malformed');
    fc.assert(
      fc.property(fc.anything(), (message) => {
        expect(() => parseDeepgramMessage(message)).not.toThrow();
      }),
    );
  });
});

describe('the id of a connection', () => {
  it.each<[unknown, string | undefined]>([
    [{ type: 'Connected', request_id: 'a' }, 'a'],
    [{ type: 'Results', metadata: { request_id: 'b' } }, 'b'],
    [{ type: 'Results', metadata: 7, request_id: 7 }, undefined],
    [{ type: 'Warning' }, undefined],
    ['hello', undefined],
  ])('in %j is %j', (message, id) => {
    expect(requestIdIn(message)).toBe(id);
  });
});
