import { beforeAll, describe, expect, it } from '@jest/globals';
import { rmsDbfs } from '../../../audio/level.js';
import { fliteVoices, loadFlite, type Flite, type FliteVoice } from './flite.js';

describe('Flite', () => {
  let flite: Flite;
  beforeAll(async () => {
    flite = await loadFlite();
  });

  it('is compiled once', async () => {
    expect(await loadFlite()).toBe(flite);
  });

  it.each(fliteVoices)('speaks audibly with the voice %s and times every sound', (voice) => {
    const { samples, sampleRateHz, phones } = flite.synthesize('Book my appointment.', { voice });
    expect(sampleRateHz).toBe(voice === 'kal' ? 8000 : 16000);
    expect(rmsDbfs(samples)).toBeGreaterThan(-40);
    expect(phones.map(({ phone }) => phone).join(' ')).toBe('pau b uh k m ay ax p oy n t m ax n t pau');
    const ends = phones.map(({ endS }) => endS);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(ends.at(-2)).toBeLessThan(samples.length / sampleRateHz);
  });

  it('says the same words with the same sounds each time', () => {
    const [first, second] = [1, 2].map(() => flite.synthesize('Hello.', { voice: 'slt' }));
    expect(first).toEqual(second);
  });

  it('rejects a voice that it does not have, which Flite itself would replace without a word', () => {
    expect(() => flite.synthesize('Hello.', { voice: 'bob' as FliteVoice })).toThrow(RangeError);
    expect(() => flite.synthesize('Hello.', { voice: 'slt', stretch: 0 })).toThrow(RangeError);
  });

  it('gives silence for text without anything to say', () => {
    for (const text of ['', '   ', '...', '😀'])
      expect(flite.synthesize(text, { voice: 'kal' }).phones.map(({ phone }) => phone)).toEqual(['pau']);
  });

  it('takes text that looks like an option for text', () => {
    expect(flite.synthesize('-o hello', { voice: 'kal' }).phones.length).toBeGreaterThan(3);
  });

  it('pronounces each text on its own, however odd', () => {
    expect(flite.pronounce(['it’s', '3:30', '—', '", >j', 'bye'])).toEqual([
      ['ih', 't', 's'],
      'th r iy th er d iy'.split(' '),
      [],
      flite.pronounce(['", >j'])[0],
      ['b', 'ay'],
    ]);
    expect(flite.pronounce([])).toEqual([]);
  });
});
