import { describe, expect, it } from '@jest/globals';
import { InvalidStateError } from '../core/errors.js';
import { vadContract } from '../../test/contracts/vad-contract.js';
import { webRtcVad } from './webrtc-vad.js';

vadContract('webrtc', () => webRtcVad());

describe('webrtc voice activity detection', () => {
  const hum = Int16Array.from({ length: 160 }, (_, i) =>
    Math.round(400 * Math.sin((2 * Math.PI * 250 * i) / 8000)),
  );
  const frame = { samples: hum, sampleRateHz: 8000 };

  it('reports less speech in a higher mode', async () => {
    const noisy = Int16Array.from(
      { length: 160 * 100 },
      (_, i) => ((i * 7919) % 1201) - 600 + (hum[i % 160] ?? 0),
    );
    const shares = [];
    for (const mode of [0, 3] as const) {
      const detector = await webRtcVad({ mode }).create();
      let speech = 0;
      for (let at = 0; at < noisy.length; at += 160)
        if (detector.isSpeech({ samples: noisy.subarray(at, at + 160), sampleRateHz: 8000 })) speech++;
      detector.close();
      shares.push(speech);
    }
    expect(shares[0]).toBeGreaterThan(shares[1] ?? Infinity);
  });

  it('throws for a frame after close()', async () => {
    const detector = await webRtcVad().create();
    detector.close();
    expect(() => detector.isSpeech(frame)).toThrow(InvalidStateError);
  });
});
