import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidStateError } from '../core/errors.js';
import { fixtures } from '../../test/harness/recordings.js';
import { createOpusDecoder, type OpusDecoder, type OpusSampleRate } from './opus-decoder.js';
import { createOpusEncoder } from './opus-encoder.js';
import { hasRedundancy } from './opus-packet.js';
import { loadOpus } from './opus-wasm.js';

const frameSamples = 320;

function tone(hz: number, frames: number, sampleRateHz = 24_000): Int16Array {
  return Int16Array.from({ length: (frames * sampleRateHz) / 50 }, (_, index) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * hz * index) / sampleRateHz)),
  );
}

async function encode(samples: Int16Array, sampleRateHz: OpusSampleRate = 24_000): Promise<Uint8Array[]> {
  const encoder = await createOpusEncoder({ sampleRateHz });
  const packets: Uint8Array[] = [];
  for (let at = 0; at + encoder.frameSamples <= samples.length; at += encoder.frameSamples)
    packets.push(encoder.encode(samples.subarray(at, at + encoder.frameSamples)));
  return packets;
}

/** Decodes all packets except the lost ones, which `lost` fills in. */
function decodeWith(
  decoder: OpusDecoder,
  packets: readonly Uint8Array[],
  isLost: (index: number) => boolean,
  lost: (next: Uint8Array) => Int16Array,
): Int16Array {
  return Int16Array.from(
    packets.flatMap((packet, index) => [
      ...(isLost(index) ? lost(packets[index + 1]!) : decoder.decode(packet)!),
    ]),
  );
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

function snrDb(wanted: Int16Array, got: Int16Array): number {
  const error = wanted.map((sample, index) => sample - (got[index] ?? 0));
  return 20 * Math.log10(rms(wanted) / rms(error));
}

describe('the Opus decoder', () => {
  it.each([8000, 12_000, 16_000, 24_000, 48_000] as const)(
    'decodes straight to %i Hz',
    async (sampleRateHz) => {
      const decoder = await createOpusDecoder({ sampleRateHz });
      expect(decoder.sampleRateHz).toBe(sampleRateHz);
      const frames = (await encode(tone(440, 50))).map((packet) => decoder.decode(packet)!);
      expect(new Set(frames.map(({ length }) => length))).toEqual(new Set([sampleRateHz / 50]));
      const loudness = frames.slice(5).map(rms);
      expect(Math.min(...loudness)).toBeGreaterThan(6000);
      expect(Math.max(...loudness)).toBeLessThan(8000);
      decoder.close();
    },
  );

  it('rejects a rate that Opus does not support', async () => {
    await expect(createOpusDecoder({ sampleRateHz: 44_100 as OpusSampleRate })).rejects.toThrow(RangeError);
  });

  it('returns arrays that no later call changes', async () => {
    const decoder = await createOpusDecoder();
    const packets = await encode(tone(440, 10));
    const first = packets.slice(0, 5).map((packet) => decoder.decode(packet)!);
    const copies = first.map((samples) => samples.slice());
    for (const packet of packets.slice(5)) decoder.decode(packet);
    decoder.conceal(frameSamples);
    expect(first).toEqual(copies);
    expect(first[0]!.buffer.byteLength).toBe(frameSamples * 2);
    decoder.close();
  });

  it('extends the sound and fades it', async () => {
    const decoder = await createOpusDecoder();
    for (const packet of await encode(tone(300, 20))) decoder.decode(packet);
    const loudness = Array.from({ length: 10 }, () => rms(decoder.conceal(frameSamples)));
    expect(loudness[0]).toBeGreaterThan(3000);
    expect(loudness[9]).toBeLessThan(loudness[0]! / 4);
    decoder.close();
  });

  it('conceals any number of samples, and gives silence before the first packet', async () => {
    const decoder = await createOpusDecoder();
    for (const samples of [0, 1, 39, 40, 320, 1000, 5000])
      expect(decoder.conceal(samples)).toEqual(new Int16Array(samples));
    for (const packet of await encode(tone(300, 20))) decoder.decode(packet);
    for (const samples of [0, 1, 39, 40, 320, 1000, 5000])
      expect(decoder.conceal(samples)).toHaveLength(samples);
    decoder.close();
  });

  it('recovers a lost frame of speech from the next packet, far better than concealment does', async () => {
    const [recording] = await fixtures('cancel-on-tuesday');
    const packets = await encode(recording!.samples, 8000);
    expect(packets.filter(hasRedundancy).length).toBeGreaterThan(packets.length / 2);
    const whole = decodeWith(
      await createOpusDecoder(),
      packets,
      () => false,
      () => new Int16Array(),
    );
    const everyFifth = (index: number): boolean => index % 5 === 3 && index < packets.length - 1;
    const [recovering, concealing] = [await createOpusDecoder(), await createOpusDecoder()];
    const recovered = decodeWith(recovering, packets, everyFifth, (next) =>
      recovering.recover(next, frameSamples),
    );
    const concealed = decodeWith(concealing, packets, everyFifth, () => concealing.conceal(frameSamples));
    expect(recovered).toHaveLength(whole.length);
    expect(snrDb(whole, recovered)).toBeGreaterThan(snrDb(whole, concealed) + 6);
  });

  it('recovers exactly the lost length, for any length and any next packet', async () => {
    const decoder = await createOpusDecoder();
    const packets = await encode(tone(300, 20));
    for (const packet of packets) decoder.decode(packet);
    const next = fc.oneof(fc.constantFrom(...packets), fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(next, fc.integer({ min: 0, max: 6000 }), (packet, samples) => {
        expect(decoder.recover(packet, samples)).toHaveLength(samples);
      }),
    );
    decoder.close();
  });

  it('accepts any bytes: returns at most 120 ms of audio or null, and the stream continues', async () => {
    const decoder = await createOpusDecoder();
    const packets = await encode(tone(440, 10));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (packet) => {
        const samples = decoder.decode(packet);
        if (samples) expect(samples.length).toBeLessThanOrEqual(1920);
      }),
      { numRuns: 2000 },
    );
    expect(decoder.decode(new Uint8Array())).toBeNull();
    expect(decoder.decode(new Uint8Array(10_000))).toBeNull();
    const loudness = packets.map((packet) => rms(decoder.decode(packet)!));
    expect(loudness.at(-1)).toBeGreaterThan(6000);
    decoder.close();
  });

  it('starts a new stream on reset', async () => {
    const decoder = await createOpusDecoder();
    for (const packet of await encode(tone(440, 10))) decoder.decode(packet);
    decoder.reset();
    expect(rms(decoder.conceal(frameSamples))).toBe(0);
    decoder.close();
  });

  it('frees its memory on close, and throws after that', async () => {
    const { memory } = await loadOpus();
    const before = memory.buffer.byteLength;
    for (let i = 0; i < 2000; i++) (await createOpusDecoder({ sampleRateHz: 48_000 })).close();
    expect(memory.buffer.byteLength).toBe(before);
    const decoder = await createOpusDecoder();
    decoder.close();
    decoder.close();
    expect(() => decoder.decode(Uint8Array.of(0))).toThrow(InvalidStateError);
    expect(() => decoder.conceal(320)).toThrow(InvalidStateError);
    expect(() => decoder.recover(Uint8Array.of(0), 320)).toThrow(InvalidStateError);
    expect(() => decoder.reset()).toThrow(InvalidStateError);
  });

  it('works on after the memory has grown', async () => {
    const decoder = await createOpusDecoder();
    const packets = await encode(tone(440, 20));
    for (const packet of packets.slice(0, 10)) decoder.decode(packet);
    const { memory } = await loadOpus();
    const before = memory.buffer;
    const others: OpusDecoder[] = [];
    while (memory.buffer === before) others.push(await createOpusDecoder({ sampleRateHz: 48_000 }));
    const loudness = packets.slice(10).map((packet) => rms(decoder.decode(packet)!));
    expect(Math.min(...loudness)).toBeGreaterThan(6000);
    for (const other of [decoder, ...others]) other.close();
  });
});
