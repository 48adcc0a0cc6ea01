import { beforeAll, describe, expect, it } from '@jest/globals';
import { callerSpeech } from '#src/simulators/caller-speech.js';
import { likeness } from './likeness.js';

const rateHz = 16_000;
let said: Int16Array;

beforeAll(async () => {
  said = await callerSpeech('book my appointment', { voice: 'slt', sampleRateHz: rateHz });
});

describe('the likeness of a sentence', () => {
  it('is that of the same with more silence around it', () => {
    const heard = new Int16Array(said.length + rateHz);
    heard.set(said, rateHz / 4);
    expect(likeness(heard, said, rateHz)).toBeGreaterThan(0.95);
  });

  it.each([0, 0.2, 0.5, 0.65])('is not that of its first part (%f of it)', (share) => {
    expect(likeness(said.subarray(0, said.length * share), said, rateHz)).toBeLessThan(0.85);
  });

  it('is not that of its last part', () => {
    expect(likeness(said.subarray(said.length / 2), said, rateHz)).toBeLessThan(0.85);
  });

  it('is not that of another sentence', async () => {
    const other = await callerSpeech('cancel my booking please', { voice: 'slt', sampleRateHz: rateHz });
    expect(likeness(other, said, rateHz)).toBeLessThan(0.85);
  });
});
