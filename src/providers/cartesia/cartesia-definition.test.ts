import { describe, expect, it } from '@jest/globals';
import { cartesiaStt, cartesiaTts } from './cartesia-definition.js';

describe('the config of Cartesia', () => {
  it('accepts its options, and refuses what Cartesia does', () => {
    const voice = cartesiaTts.config({ speed: 1.5, volume: 2, emotion: 'calm', extra: { locale: 'en-GB' } });
    expect(cartesiaTts.schema.safeParse(voice).success).toBe(true);
    for (const wrong of [{ speed: 2 }, { volume: 0.1 }, { maxBufferDelayMs: 6000 }, { voice: 'Katie' }])
      expect(cartesiaTts.schema.safeParse({ provider: 'cartesia', ...wrong }).success).toBe(false);
    const ear = cartesiaStt.config({ keyterms: ['Bern'], extra: { keyterm: ['Thun', 'Biel'] } });
    expect(cartesiaStt.schema.safeParse(ear).success).toBe(true);
    expect(cartesiaStt.schema.safeParse({ provider: 'cartesia', minVolume: 2 }).success).toBe(false);
  });

  it('knows the ids of voices', () => {
    expect(cartesiaTts.voice?.isId?.('f786b574-daa5-4673-aa0c-cbe3e8534c02')).toBe(true);
    expect(cartesiaTts.voice?.isId?.('Katie')).toBe(false);
  });

  it.each([
    [{ minVolume: 0.1, maxSilenceSec: 1 }, ['minVolume', 'maxSilenceSec']],
    [{ language: 'de', keyterms: ['Bern'] }, ['keyterms']],
    [{ language: 'de', minVolume: 0.1 }, []],
    [{ model: 'ink-2', language: 'de', keyterms: ['Bern'] }, []],
  ])('has no effectless options: %j', (fields, refused) => {
    const problems = cartesiaStt.problemsOf?.(cartesiaStt.config(fields)) ?? [];
    expect(problems.map(({ field }) => field)).toEqual(refused);
  });

  it('keeps the key, the address and further fields out of recordings', () => {
    for (const { recordable } of [cartesiaStt, cartesiaTts])
      for (const secret of ['apiKey', 'baseUrl', 'extra']) expect(recordable).not.toContain(secret);
  });
});
