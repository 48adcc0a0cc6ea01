import { beforeAll, describe, expect, it } from '@jest/globals';
import { isAudible } from '../../../audio/level.js';
import { fliteVoices, loadFlite, type Flite } from './flite.js';
import { trimSpeech } from './trim-speech.js';

describe('trimmed speech', () => {
  let flite: Flite;
  beforeAll(async () => {
    flite = await loadFlite();
  });

  it.each(fliteVoices)('begins at once with the voice %s', (voice) => {
    for (const text of ['Book it.', 'Friday.', 'How?', 'I see.', 'Sure.']) {
      const speech = flite.synthesize(text, { voice });
      const { samples, phones } = trimSpeech(speech, { leadMs: 0, tailMs: 0 });
      expect(isAudible(samples, -60, 0, speech.sampleRateHz / 50)).toBe(true);
      expect(phones[0]?.startMs).toBeLessThan(10);
      expect(phones.at(-1)?.endMs).toBeCloseTo((samples.length / speech.sampleRateHz) * 1000, 0);
    }
  });

  it('has the silence before it and the fading after it that were asked for', () => {
    const speech = flite.synthesize('Hello.', { voice: 'slt' });
    const bare = trimSpeech(speech, { leadMs: 0, tailMs: 0 });
    const { samples, phones } = trimSpeech(speech, { leadMs: 150, tailMs: 100 });
    expect(samples.length - bare.samples.length).toBe(250 * 16);
    expect(samples.subarray(0, 150 * 16).every((sample) => sample === 0)).toBe(true);
    expect(phones[0]?.startMs).toBeCloseTo((bare.phones[0]?.startMs ?? 0) + 150, 6);
    expect(samples.at(-1)).toBe(0);
  });

  it('is empty if nothing was said', () => {
    const silence = flite.synthesize('...', { voice: 'slt' });
    expect(trimSpeech(silence, { leadMs: 150, tailMs: 100 })).toEqual({
      samples: new Int16Array(0),
      phones: [],
    });
  });
});
