import { describe, expect, it } from '@jest/globals';
import { audioService } from '../audio/audio-service.js';
import { SentAudio } from '../../live-audio.js';
import { realtimeWire } from './realtime-wire.js';

const format = { encoding: 'mulaw', sampleRateHz: 8000 } as const;

describe('the failure of an item', () => {
  const read = (error: object): { readonly reading: unknown; readonly failed: number } => {
    let failed = 0;
    const service = audioService('sk-test-ears-31c0d4');
    const wire = realtimeWire({ service, recognition: {}, format, onFailedItem: () => failed++ });
    const type = 'conversation.item.input_audio_transcription.failed';
    const reading = wire.read(JSON.stringify({ type, item_id: 'i', error }), new SentAudio(8));
    return { reading, failed };
  };

  it.each([
    { type: 'server_error', code: null, message: 'It failed.' },
    { type: 'transcription_error', code: 'audio_unintelligible', message: 'It failed.' },
    {},
  ])('is silence: %j', (error) => {
    const message = { type: 'completed', itemId: 'i', text: '' };
    expect(read(error)).toEqual({ reading: { type: 'message', message }, failed: 1 });
  });

  it.each([
    [{ code: 'invalid_api_key', message: 'No.' }, { category: 'auth' }],
    [
      { type: 'insufficient_quota', message: 'No.' },
      { category: 'rate_limit', retryable: false },
    ],
    [{ code: 'rate_limit_exceeded', message: 'No.' }, { category: 'rate_limit' }],
    [{ code: 'model_not_found', message: 'No.' }, { field: 'stt.model' }],
  ])('ends the stream if the next item would fail, too: %j', (error, expected) => {
    expect(read(error)).toMatchObject({ reading: { type: 'failure', error: expected }, failed: 0 });
  });
});
