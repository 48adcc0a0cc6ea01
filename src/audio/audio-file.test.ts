import { describe, expect, it } from '@jest/globals';
import { AudioFileError } from '../core/errors.js';
import { decodeAudioFile } from './audio-file.js';
import { encodeMulaw } from './g711.js';
import { writeWav } from './wav.js';

describe('decodeAudioFile', () => {
  const stereo = writeWav({
    channels: [Int16Array.of(100, 200), Int16Array.of(300, 500)],
    sampleRateHz: 16000,
  });

  it.each(['call.ulaw', 'call.MULAW', 'call.ul', '/some/where/call.raw'])(
    'reads %s as mu-law at 8 kHz',
    (name) => {
      const audio = decodeAudioFile(name, encodeMulaw(Int16Array.of(0, 32124, -32124)));
      expect([...audio.samples]).toEqual([0, 32124, -32124]);
      expect(audio.sampleRateHz).toBe(8000);
    },
  );

  it('reads WAV under any name, even with an extension of raw audio', () => {
    for (const name of ['call.wav', 'call', 'call.raw']) {
      expect(decodeAudioFile(name, stereo)).toEqual({
        samples: Int16Array.of(200, 350),
        sampleRateHz: 16000,
        channels: 2,
      });
    }
  });

  it("reads the caller's channel of a recording", () => {
    expect([...decodeAudioFile('call.wav', stereo, { channel: 'left' }).samples]).toEqual([100, 200]);
  });

  it('names the file in its errors', () => {
    const decode = (name: string): unknown => decodeAudioFile(name, new Uint8Array(0));
    expect(() => decode('call.wav')).toThrow(AudioFileError);
    expect(() => decode('call.wav')).toThrow('call.wav: The file is empty.');
    expect(() => decode('call.ulaw')).toThrow('call.ulaw: The file is empty.');
  });
});
