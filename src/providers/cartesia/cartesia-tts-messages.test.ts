import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  endContext,
  outputFormat,
  readTtsMessage,
  speakText,
  type Speaking,
} from './cartesia-tts-messages.js';

const speaking: Speaking = {
  ...{ model: 'sonic-3.5', voiceId: 'v', language: undefined, maxBufferDelayMs: 0, extra: undefined },
  ...{ speed: undefined, volume: undefined, emotion: undefined, pronunciationDictId: undefined },
  format: { encoding: 'mulaw', sampleRateHz: 8000 },
};

describe('a message of Cartesia', () => {
  it('has its audio, and ends nothing by the `done` of a chunk', () => {
    const json =
      '{"type":"chunk","data":"AAAA","done":true,"status_code":206,"step_time":1,"context_id":"c"}';
    expect(readTtsMessage(json)).toMatchObject({
      contextId: 'c',
      audio: 'AAAA',
      flushId: null,
      isDone: false,
    });
  });

  it('has its words in milliseconds, without those that have no time', () => {
    const word_timestamps = { words: ['Hello', 'big', 'world'], start: [0, null, 0.5], end: [0.4] };
    const message = readTtsMessage(JSON.stringify({ type: 'timestamps', context_id: 'c', word_timestamps }));
    expect(message).toMatchObject({
      words: [
        { text: 'Hello', startMs: 0, endMs: 400 },
        { text: 'world', startMs: 500, endMs: 500 },
      ],
    });
  });

  it('reports a flush, and the end', () => {
    expect(readTtsMessage('{"type":"flush_done","flush_id":2,"done":false}')).toMatchObject({
      ...{ isFlushed: true, flushId: 2, isDone: false },
    });
    expect(readTtsMessage('{"type":"done","done":true,"context_id":"c"}')).toMatchObject({ isDone: true });
  });

  it.each([
    [
      { status_code: 400, title: 'Invalid model', message: 'Use another.', error_code: 'model_not_found' },
      { status: 400, code: 'model_not_found', message: 'Invalid model: Use another.' },
    ],
    [
      { status_code: 500, error: 'Oops: no.' },
      { status: 500, message: 'Oops: no.' },
    ],
    [{}, { category: 'server', message: 'It reported an error.' }],
  ])('has the error %j', (fields, error) => {
    expect(readTtsMessage(JSON.stringify({ type: 'error', done: true, ...fields }))).toMatchObject({ error });
  });

  it.each(['null', '[]', '', '"ping"', '{"type":', '{"type":"viseme"}', '{"type":5}'])(
    'is unknown: %s',
    (json) => {
      expect(readTtsMessage(json)).toBe('unknown');
    },
  );

  it('has lost its audio if it is cut', () => {
    expect(readTtsMessage('{"type":"chunk","data":"UklG')).toBe('lost_audio');
  });

  it('is never a reason to throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('chunk', 'timestamps', 'flush_done', 'done', 'error'),
        fc.jsonValue(),
        (type, value) => {
          const fields = {
            context_id: value,
            data: value,
            flush_id: value,
            word_timestamps: value,
            message: value,
          };
          expect(readTtsMessage(JSON.stringify({ type, ...fields }))).toMatchObject({
            isDone: type === 'done',
          });
        },
      ),
    );
  });
});

describe('a request to Cartesia', () => {
  it('flushes each text by a request of its own', () => {
    const [text, flush] = speakText('c', speaking, 'Hello. ').map((json) => JSON.parse(json) as object);
    expect(text).toMatchObject({
      transcript: 'Hello. ',
      continue: true,
      add_timestamps: true,
      context_id: 'c',
    });
    expect(text).not.toHaveProperty('flush');
    expect(flush).toEqual({ ...text, transcript: '', flush: true });
  });

  it('ends its context with an empty text', () => {
    expect(JSON.parse(endContext('c', speaking))).toMatchObject({ transcript: '', continue: false });
  });

  it('keeps its own fields if `extra` has them too', () => {
    const json = endContext('c', {
      ...speaking,
      extra: { context_id: 'x', add_timestamps: false, locale: 'en-GB' },
    });
    expect(JSON.parse(json)).toMatchObject({ context_id: 'c', add_timestamps: false, locale: 'en-GB' });
  });

  it.each([
    [{ encoding: 'mulaw', sampleRateHz: 8000 }, 'pcm_mulaw'],
    [{ encoding: 'linear16', sampleRateHz: 24000 }, 'pcm_s16le'],
    [{ encoding: 'linear16', sampleRateHz: 11025 }, undefined],
    [{ encoding: 'mulaw', sampleRateHz: 16000 }, undefined],
  ] as const)('asks for %j as %s', (format, encoding) => {
    expect(outputFormat(format)).toEqual(
      encoding ? { container: 'raw', encoding, sample_rate: format.sampleRateHz } : null,
    );
  });
});
