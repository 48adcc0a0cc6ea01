import { describe, expect, it } from '@jest/globals';
import { decodeMulaw, encodeMulaw } from '../audio/g711.js';
import { spokenWords, toneSpeech, wordsInTones } from './tone-speech.js';

const everything = "the quick brown fox jumps over 13 lazy dogs, 24567890 times; isn't it?";

function withSilence(samples: Int16Array, before: number): Int16Array {
  const padded = new Int16Array(before + samples.length + 4000);
  padded.set(samples, before);
  return padded;
}

describe('toneSpeech', () => {
  it.each([8000, 24000, 48000])('can be read back at %i Hz', (rateHz) => {
    const { samples } = toneSpeech(everything, rateHz);
    expect(wordsInTones(samples, rateHz)).toEqual(spokenWords(everything));
  });

  it('can be read back from a phone call, wherever it begins', () => {
    const samples = decodeMulaw(encodeMulaw(toneSpeech('Which day suits you?', 8000).samples));
    for (const before of [1, 17, 33, 333])
      expect(wordsInTones(withSilence(samples, before), 8000)).toEqual(['which', 'day', 'suits', 'you']);
  });

  it('has no words in silence', () => {
    expect(wordsInTones(new Int16Array(8000), 8000)).toEqual([]);
  });

  it('shows a word that was cut', () => {
    const { samples } = toneSpeech('Which day', 8000);
    expect(wordsInTones(samples.subarray(0, 3 * 480), 8000)).toEqual(['whi']);
  });
});
