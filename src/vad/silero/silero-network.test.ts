import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readWav } from '../../audio/wav.js';
import {
  contextSamples,
  loadSilero,
  windowSamples,
  type SileroMemory,
  type SileroNetwork,
} from './silero-network.js';

/** What onnxruntime-node 1.23 computes for the windows of book-my-appointment.wav with the same weights, from an empty memory. */
const expected = [
  0.01737, 0.01747, 0.02241, 0.01489, 0.0111, 0.00981, 0.24679, 0.23012, 0.46506, 0.97044, 0.9948, 0.99723,
  0.99962, 0.99952, 0.9999, 0.99991, 0.99982, 0.99995, 0.99999, 0.99997, 0.99994, 0.99991, 0.99984, 0.99978,
  0.99982, 0.99973, 0.9996, 0.9991, 0.99964, 0.99746, 0.99994, 0.99998, 0.99998, 0.99994, 0.99997, 0.99998,
  0.99998, 0.99996, 0.99997, 0.99988, 0.99989, 0.99947, 0.99916, 0.99994, 0.99996, 0.99997, 0.99993, 0.99994,
  0.9998, 0.41269, 0.56599, 0.16441, 0.03852, 0.01056, 0.00464,
];

describe('the network of Silero', () => {
  let network: SileroNetwork;
  let samples: Int16Array;

  beforeAll(async () => {
    network = await loadSilero();
    const file = new URL('../../../fixtures/audio/book-my-appointment.wav', import.meta.url);
    samples = readWav(await readFile(file)).samples;
  });

  function probabilities(memory: SileroMemory): number[] {
    const audio = new Float32Array(contextSamples + windowSamples);
    return expected.map((_, n) => {
      audio.copyWithin(0, windowSamples);
      for (let i = 0; i < windowSamples; i++)
        audio[contextSamples + i] = (samples[n * windowSamples + i] ?? 0) / 32_768;
      return network.run(audio, memory);
    });
  }

  it('computes what ONNX Runtime does', () => {
    const found = probabilities({ hidden: new Float32Array(128), cell: new Float32Array(128) });
    const differences = found.map((probability, n) => Math.abs(probability - expected[n]!));
    expect(Math.max(...differences)).toBeLessThan(0.0001);
  });

  it('keeps callers apart', () => {
    const alone = probabilities(network.restedMemory());
    const memory = network.restedMemory();
    const other = network.restedMemory();
    const noise = Float32Array.from(
      { length: contextSamples + windowSamples },
      (_, i) => Math.sin(i * i) / 2,
    );
    const audio = new Float32Array(contextSamples + windowSamples);
    const found = expected.map((_, n) => {
      audio.copyWithin(0, windowSamples);
      for (let i = 0; i < windowSamples; i++)
        audio[contextSamples + i] = (samples[n * windowSamples + i] ?? 0) / 32_768;
      network.run(noise, other);
      return network.run(audio, memory);
    });
    expect(found).toEqual(alone);
  });
});
