import { describe, expect, it } from '@jest/globals';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import { callerSpeech, framesOf, noise } from '../caller-speech.js';
import { EncodingCheck } from './encoding-check.js';

function isMisread(samples: Int16Array, sampleRateHz = 8000): boolean {
  const check = new EncodingCheck(sampleRateHz);
  for (const frame of framesOf(samples, sampleRateHz)) check.push(frame.samples);
  return check.isMisread;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

describe('the encoding check', () => {
  it.each([8000, 16000, 24000, 48000])('accepts speech at %i Hz', async (sampleRateHz) => {
    expect(isMisread(await callerSpeech('reschedule for friday', { sampleRateHz }), sampleRateHz)).toBe(
      false,
    );
  });

  it('accepts silence and line noise', () => {
    expect(isMisread(new Int16Array(16000))).toBe(false);
    expect(isMisread(noise(16000, 3000))).toBe(false);
  });

  it('detects mu-law declared as linear PCM, and the reverse', async () => {
    const speech = await callerSpeech('reschedule for friday');
    const mulaw = encodeMulaw(speech);
    expect(isMisread(new Int16Array(mulaw.buffer, 0, mulaw.length >> 1))).toBe(true);
    expect(isMisread(decodeMulaw(bytesOf(speech)))).toBe(true);
  });
});
