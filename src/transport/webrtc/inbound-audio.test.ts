import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AudioFrame } from '../../audio/audio-frame.js';
import { createOpusDecoder, type OpusSampleRate } from '../../audio/opus-decoder.js';
import { createOpusEncoder } from '../../audio/opus-encoder.js';
import { hasRedundancy } from '../../audio/opus-packet.js';
import { fixtures } from '../../../test/harness/recordings.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { InboundAudio, type InboundAudioOptions } from './inbound-audio.js';
import { writeRtpPacket, type RtpPacket } from './rtp-packet.js';

const payloadType = 111;
const frameSamples = 320;

/** Speech without pauses, as Opus packets with redundancy. */
let speech: readonly Uint8Array[];

beforeAll(async () => {
  const [recording] = await fixtures('cancel-on-tuesday');
  const encoder = await createOpusEncoder({ sampleRateHz: 8000 });
  const { samples } = recording!;
  speech = Array.from({ length: Math.floor(samples.length / 160) }, (_, index) =>
    encoder.encode(samples.subarray(index * 160, (index + 1) * 160)),
  );
  const start = speech.findIndex(hasRedundancy);
  speech = speech.slice(start + 10, start + 60);
});

/** Packet number `index` of a stream, as on the wire. */
function rtp(index: number, changes: Partial<RtpPacket> = {}): Uint8Array {
  return writeRtpPacket({
    payloadType,
    marker: false,
    sequenceNumber: (65_530 + index) % 65_536,
    timestamp: (2 ** 32 - 960 + index * 960) % 2 ** 32,
    ssrc: 1,
    payload: speech[index % speech.length]!,
    ...changes,
  });
}

class Reception {
  readonly clock = new VirtualClock();
  readonly frames: AudioFrame[] = [];
  readonly malformed: string[] = [];
  readonly audio: InboundAudio;

  constructor(decoder: InboundAudioOptions['decoder'], onFrame: () => void) {
    this.audio = new InboundAudio({
      clock: this.clock,
      decoder,
      payloadType,
      onFrame: (frame) => {
        this.frames.push(frame);
        onFrame();
      },
      onMalformed: (what) => this.malformed.push(what),
    });
  }

  /** Samples of each frame so far. */
  get lengths(): number[] {
    return this.frames.map(({ samples }) => samples.length);
  }

  /** Takes packets, one each 20 ms. */
  push(...packets: readonly Uint8Array[]): void {
    for (const packet of packets) {
      this.audio.push(packet);
      this.clock.advance(20);
    }
  }
}

const receptions: Reception[] = [];
afterEach(() => {
  for (const { audio, clock, frames } of receptions.splice(0)) {
    expect(frames.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(audio.stats.totalSamples);
    audio.close();
    expect(clock.pendingTimers).toBe(0);
  }
});

async function newReception({
  sampleRateHz = 16_000,
  onFrame = () => undefined,
}: { readonly sampleRateHz?: OpusSampleRate; readonly onFrame?: () => void } = {}): Promise<Reception> {
  const reception = new Reception(await createOpusDecoder({ sampleRateHz }), onFrame);
  receptions.push(reception);
  return reception;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('the receive path', () => {
  it.each([16_000, 24_000] as const)(
    'delivers a frame at %i Hz for each packet, at once',
    async (sampleRateHz) => {
      const { audio, frames, clock } = await newReception({ sampleRateHz });
      for (const index of numbers(30)) {
        audio.push(rtp(index));
        expect(frames).toHaveLength(index + 1);
        expect(frames[index]).toMatchObject({ sampleRateHz });
        expect(frames[index]!.samples).toHaveLength(sampleRateHz / 50);
      }
      expect(clock.pendingTimers).toBe(0);
      expect(audio.stats).toMatchObject({
        received: 30,
        lost: 0,
        concealedSamples: 0,
        totalSamples: 0.6 * sampleRateHz,
      });
    },
  );

  it('delivers the same audio for packets in any order', async () => {
    const [straight, mixed] = [await newReception(), await newReception()];
    straight.push(...numbers(10).map((index) => rtp(index)));
    for (const index of [0, 2, 1, 3, 6, 5, 4, 7, 9, 8]) mixed.audio.push(rtp(index));
    expect(mixed.frames).toEqual(straight.frames);
  });

  it('recovers a lost packet from the next one, after the wait', async () => {
    const { audio, frames, clock } = await newReception();
    audio.push(rtp(0));
    clock.advance(40);
    audio.push(rtp(2));
    expect(frames).toHaveLength(1);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(100);
    expect(frames.map(({ samples }) => samples.length)).toEqual([frameSamples, frameSamples, frameSamples]);
    expect(audio.stats).toMatchObject({ lost: 1, recoveredSamples: frameSamples, concealedSamples: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('conceals a longer gap except the frame that it recovers', async () => {
    const reception = await newReception();
    reception.push(rtp(0), rtp(4));
    reception.clock.advance(100);
    expect(reception.lengths).toEqual([frameSamples, 2 * frameSamples, frameSamples, frameSamples]);
    expect(reception.audio.stats).toMatchObject({ lost: 3, concealedSamples: 640, recoveredSamples: 320 });
  });

  it('conceals at most 100 ms, then delivers silence, and fills at most a second', async () => {
    const reception = await newReception();
    reception.push(...numbers(20).map((index) => rtp(index)), rtp(200));
    reception.clock.advance(100);
    const [concealed, silence, recovered, next] = reception.frames.slice(20);
    expect(reception.lengths.slice(20)).toEqual([1600, 14_080, 320, 320]);
    expect(concealed!.samples.some((sample) => sample !== 0)).toBe(true);
    expect(silence!.samples.every((sample) => sample === 0)).toBe(true);
    expect([recovered, next].every((frame) => frame!.samples.some((sample) => sample !== 0))).toBe(true);
    expect(reception.audio.stats).toMatchObject({ lost: 180, concealedSamples: 15_680 });
  });

  it('delivers silence for time in which nothing was sent, without counting loss', async () => {
    const reception = await newReception();
    reception.push(rtp(0), rtp(1, { timestamp: 10 * 960 - 960 }));
    expect(reception.lengths).toEqual([frameSamples, 9 * frameSamples, frameSamples]);
    expect(reception.audio.stats).toMatchObject({
      lost: 0,
      concealedSamples: 0,
      totalSamples: 11 * frameSamples,
    });
  });

  it('conceals and reports a packet that is not Opus', async () => {
    const reception = await newReception();
    reception.push(rtp(0), rtp(1, { payload: Uint8Array.of(0xff, 0) }), rtp(2));
    expect(reception.lengths).toEqual([frameSamples, frameSamples, frameSamples]);
    expect(reception.malformed).toEqual(['opus']);
    expect(reception.audio.stats).toMatchObject({ malformed: 1, lost: 0, concealedSamples: frameSamples });
  });

  it('drops packets that are not RTP, of other payload types or sources, and padding', async () => {
    const reception = await newReception();
    reception.push(rtp(0), Uint8Array.of(1, 2, 3), rtp(1, { payloadType: 63 }), rtp(9, { ssrc: 7 }));
    reception.push(rtp(1, { timestamp: 2 ** 32 - 960, payload: new Uint8Array() }));
    reception.push(rtp(2, { timestamp: 0 }));
    expect(reception.lengths).toEqual([frameSamples, frameSamples]);
    expect(reception.malformed).toEqual(['rtp']);
    expect(reception.audio.stats).toMatchObject({ received: 4, malformed: 1, ignored: 2, lost: 0 });
  });

  it('switches to another source that proves itself', async () => {
    const reception = await newReception();
    reception.push(...numbers(10).map((index) => rtp(index)));
    reception.push(...numbers(10).map((index) => rtp(index + 30_000, { ssrc: 2 })));
    expect(reception.lengths).toEqual(Array<number>(20).fill(frameSamples));
    expect(reception.audio.stats).toMatchObject({ lost: 0, ignored: 0, concealedSamples: 0 });
  });

  it('counts duplicates and late packets', async () => {
    const reception = await newReception();
    reception.push(rtp(0), rtp(0), rtp(2));
    reception.clock.advance(200);
    reception.push(rtp(1));
    expect(reception.audio.stats).toMatchObject({ received: 4, duplicates: 1, late: 1, lost: 1 });
  });

  it('delivers frames that may be kept', async () => {
    const reception = await newReception();
    reception.push(rtp(0), rtp(1), rtp(4));
    const copies = reception.frames.map(({ samples }) => samples.slice());
    reception.clock.advance(100);
    reception.push(...numbers(10).map((index) => rtp(index + 5)));
    expect(reception.frames.slice(0, copies.length).map(({ samples }) => samples)).toEqual(copies);
    expect(new Set(reception.frames.map(({ samples }) => samples.buffer)).size).toBe(reception.frames.length);
  });

  it('accepts any bytes as packets, and delivers what its counts say', async () => {
    const reception = await newReception();
    const anyNumber = fc.integer({ min: 0, max: 100 });
    const anyPayload = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(speech.length - 1).map((at) => speech[at]!),
    );
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .record({
          index: anyNumber,
          sequenceNumber: anyNumber,
          ssrc: fc.integer({ min: 1, max: 2 }),
          payload: anyPayload,
        })
        .map(({ index, ...changes }) => rtp(index, changes)),
    );
    fc.assert(fc.property(fc.array(anyBytes), (packets) => reception.push(...packets)));
    reception.clock.advance(200);
    const { concealedSamples, recoveredSamples, totalSamples } = reception.audio.stats;
    expect(concealedSamples + recoveredSamples).toBeLessThanOrEqual(totalSamples);
    const before = reception.frames.length;
    reception.push(...numbers(10).map((index) => rtp(index + 20_000, { ssrc: 9 })));
    expect(reception.frames.length).toBe(before + 10);
  });
});

describe('the receive path, flooded', () => {
  it('delivers at most the elapsed time plus seven seconds', async () => {
    const { audio, clock } = await newReception();
    for (let second = 0; second < 5; second++) {
      for (const index of numbers(1000)) audio.push(rtp(second * 1000 + index));
      clock.advance(1000);
    }
    const deliveredMs = audio.stats.totalSamples / 16;
    expect(deliveredMs).toBeGreaterThan(5000);
    expect(deliveredMs).toBeLessThanOrEqual(4000 + 7000 + 20);
    expect(audio.stats.ignored).toBeGreaterThan(4000);
  });

  it('does not allow more at once after a long silence', async () => {
    const { audio, clock } = await newReception();
    audio.push(rtp(0));
    clock.advance(600_000);
    for (const index of numbers(1000)) audio.push(rtp(1 + index));
    expect(audio.stats.totalSamples / 16).toBeLessThanOrEqual(7000 + 40);
  });

  it('delivers all of five seconds that waited for the call to begin', async () => {
    const { audio, clock } = await newReception();
    clock.advance(5000);
    for (const index of numbers(250)) audio.push(rtp(index));
    expect(audio.stats.totalSamples / 16).toBe(5000);
    for (const index of numbers(250)) {
      clock.advance(20);
      audio.push(rtp(250 + index));
    }
    expect(audio.stats).toMatchObject({ ignored: 0, totalSamples: 10_000 * 16 });
  });

  it('limits audio whose timestamps run ahead of time', async () => {
    const { audio, clock } = await newReception();
    for (const index of numbers(500)) {
      audio.push(rtp(index, { timestamp: (index * 480_000) % 2 ** 32 }));
      clock.advance(20);
    }
    expect(audio.stats.totalSamples / 16).toBeLessThanOrEqual(10_000 + 7000 + 1020);
  });
});

describe('the receive path, closed', () => {
  it('delivers nothing more, not even held packets, and leaves no timer', async () => {
    const { audio, frames, clock } = await newReception();
    audio.push(rtp(0));
    audio.push(rtp(2));
    expect(clock.pendingTimers).toBe(1);
    audio.close();
    audio.close();
    expect(clock.pendingTimers).toBe(0);
    audio.push(rtp(1));
    clock.advance(1000);
    expect(frames).toHaveLength(1);
  });

  it('delivers nothing more if onFrame closes it', async () => {
    const reception: Reception = await newReception({
      onFrame: () => {
        if (reception.frames.length === 2) reception.audio.close();
      },
    });
    reception.push(rtp(0), rtp(7), rtp(8), rtp(9));
    reception.clock.advance(1000);
    expect(reception.frames).toHaveLength(2);
  });
});
