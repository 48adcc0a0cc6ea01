import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readSpeakMessage, speak } from './speak-messages.js';

describe('Messages of Deepgram about speech', () => {
  it.each([
    { type: 'Warning', code: 'EXCESSIVE_FLUSH', description: 'Too many.' },
    // https://github.com/deepgram/deepgram-python-sdk/pull/653
    { type: 'Warning', warn_code: 'EXCESSIVE_FLUSH', warn_msg: 'Too many.' },
  ])('are read with the fields that warnings have: %j', (message) => {
    expect(readSpeakMessage(JSON.stringify(message))).toEqual({
      type: 'Warning',
      code: 'EXCESSIVE_FLUSH',
      description: 'Too many.',
    });
  });

  it('are read without fields that are not needed, or are of another type', () => {
    expect(readSpeakMessage('{"type":"Flushed","sequence_id":"0"}')).toEqual({ type: 'Flushed' });
    expect(readSpeakMessage('{"type":"Error","code":1}')).toEqual({
      type: 'Error',
      code: 'unnamed',
      description: '',
    });
    expect(readSpeakMessage('{"type":"Metadata"}')).toBe('ignored');
  });

  it.each(['', 'null', '[]', '5', '{"type":', '{"type":5}', '{"type":"New"}'])('may be odd: %s', (json) => {
    expect(readSpeakMessage(json)).toBe('unknown');
  });

  it('never throw', () => {
    fc.assert(fc.property(fc.json(), (json) => void readSpeakMessage(json)));
  });
});

describe('Messages to Deepgram', () => {
  it('hold any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(JSON.parse(speak(text))).toEqual({ type: 'Speak', text });
      }),
    );
  });
});
