import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JitterBuffer, type JitterBufferItem } from './jitter-buffer.js';
import type { RtpPacket } from './rtp-packet.js';

const frameTicks = 960;

interface PacketOptions {
  readonly ssrc?: number;
  readonly timestamp?: number;
  readonly payload?: Uint8Array;
}

/** Packet number `index` of a stream whose sequence numbers wrap after the 20th packet. */
function packet(index: number, options: PacketOptions = {}): RtpPacket {
  const { ssrc = 1, timestamp = 2 ** 32 - 20 * frameTicks + index * frameTicks } = options;
  return {
    payloadType: 111,
    marker: false,
    sequenceNumber: (65_516 + index + 65_536) % 65_536,
    timestamp: timestamp % 2 ** 32,
    ssrc,
    payload: options.payload ?? Uint8Array.of(index % 256),
  };
}

function newBuffer(): JitterBuffer {
  return new JitterBuffer({ ticksOf: (payload) => (payload[0] === 255 ? 0 : frameTicks) });
}

function takeAll(buffer: JitterBuffer, nowMs: number): JitterBufferItem[] {
  const items: JitterBufferItem[] = [];
  for (let item = buffer.take(nowMs); item; item = buffer.take(nowMs)) items.push(item);
  return items;
}

function pushAll(buffer: JitterBuffer, packets: readonly RtpPacket[], nowMs = 0): JitterBufferItem[] {
  return packets.flatMap((each) => {
    buffer.push(each, nowMs);
    return takeAll(buffer, nowMs);
  });
}

/** An item as short text: the packet's number, or the kind of item. */
function brief(item: JitterBufferItem): number | string {
  switch (item.type) {
    case 'packet':
      return (item.packet.sequenceNumber - 65_516 + 65_536) % 65_536;
    case 'lost':
      return `lost ${item.packets} (${item.ticks / frameTicks})`;
    case 'silence':
      return `silence ${item.ticks / frameTicks}`;
    case 'restart':
      return 'restart';
  }
}

/** Sends packets at 20 ms intervals with these delays (null: lost) and takes items as soon as there are any. */
function run(buffer: JitterBuffer, delaysMs: readonly (number | null)[], firstIndex = 0): JitterBufferItem[] {
  const arrivals = delaysMs
    .flatMap((delayMs, at) =>
      delayMs === null ? [] : [{ index: firstIndex + at, atMs: (firstIndex + at) * 20 + delayMs }],
    )
    .sort((a, b) => a.atMs - b.atMs);
  const items: JitterBufferItem[] = [];
  const takeUntil = (untilMs: number): void => {
    for (let dueMs = buffer.deadlineMs; dueMs !== null && dueMs < untilMs; dueMs = buffer.deadlineMs)
      items.push(...takeAll(buffer, dueMs));
  };
  for (const { index, atMs } of arrivals) {
    takeUntil(atMs);
    buffer.push(packet(index), atMs);
    items.push(...takeAll(buffer, atMs));
  }
  takeUntil(Infinity);
  return items;
}

describe('the jitter buffer', () => {
  it('passes on packets in order at once, also when numbers wrap', () => {
    const buffer = newBuffer();
    for (let index = 0; index < 50; index++)
      expect(pushAll(buffer, [packet(index)], index * 20).map(brief)).toEqual([index]);
    expect(buffer.deadlineMs).toBeNull();
    expect(buffer.stats).toMatchObject({ lost: 0, late: 0, duplicates: 0, foreign: 0 });
  });

  it('holds packets after a gap until the missing one arrives', () => {
    const buffer = newBuffer();
    expect(pushAll(buffer, [packet(0), packet(2), packet(3), packet(1)]).map(brief)).toEqual([0, 1, 2, 3]);
    expect(buffer.stats.lost).toBe(0);
  });

  it('gives up a gap at the deadline, with the next packet', () => {
    const buffer = newBuffer();
    pushAll(buffer, [packet(0)]);
    expect(pushAll(buffer, [packet(3)], 60)).toEqual([]);
    const deadlineMs = buffer.deadlineMs!;
    expect(takeAll(buffer, deadlineMs - 0.01)).toEqual([]);
    expect(takeAll(buffer, deadlineMs)).toEqual([
      { type: 'lost', packets: 2, ticks: 2 * frameTicks, next: packet(3) },
      { type: 'packet', packet: packet(3) },
    ]);
    expect(buffer.deadlineMs).toBeNull();
    expect(buffer.stats.lost).toBe(2);
  });

  it('waits 20 ms on a steady line, and up to 100 ms on an unsteady one', () => {
    const waitMs = (delayOf: (index: number) => number): number => {
      const buffer = newBuffer();
      run(
        buffer,
        Array.from({ length: 200 }, (_, index) => delayOf(index)),
      );
      const noticedMs = 201 * 20 + 10;
      buffer.push(packet(201), noticedMs);
      return buffer.deadlineMs! - noticedMs;
    };
    expect(waitMs(() => 10)).toBeCloseTo(20);
    expect(waitMs((index) => (index % 10 === 0 ? 80 : 10))).toBeCloseTo(80 - 10 - 20 + 5);
    expect(waitMs((index) => (index % 10 === 0 ? 500 : 10))).toBeCloseTo(100);
  });

  it('loses next to nothing to 60 ms of random jitter', () => {
    const delays = fc.array(fc.double({ min: 0, max: 60, noNaN: true }), { minLength: 500, maxLength: 500 });
    fc.assert(
      fc.property(delays, (delaysMs) => {
        const buffer = newBuffer();
        run(buffer, delaysMs);
        expect(buffer.stats.lost).toBeLessThanOrEqual(2);
      }),
      { numRuns: 30 },
    );
  });

  it('drops and counts duplicates and late packets', () => {
    const buffer = newBuffer();
    pushAll(buffer, [packet(5), packet(5), packet(4)]);
    pushAll(buffer, [packet(7), packet(7)]);
    takeAll(buffer, 1000);
    expect(pushAll(buffer, [packet(6), packet(6), packet(5)], 1000)).toEqual([]);
    expect(buffer.stats).toMatchObject({ duplicates: 4, late: 2, lost: 1 });
  });

  it('returns every packet at most once and in order, and accounts for each missing number', () => {
    const delay = fc.option(fc.double({ min: 0, max: 300, noNaN: true }), { freq: 5 });
    fc.assert(
      fc.property(fc.array(delay, { minLength: 1, maxLength: 200 }), (delaysMs) => {
        const buffer = newBuffer();
        let first: number | null = null;
        let next = 0;
        let ticks = 0;
        for (const item of run(buffer, delaysMs)) {
          if (item.type === 'packet') {
            const index = brief(item) as number;
            if (first === null) first = next = index;
            expect(index).toBe(next++);
            ticks += frameTicks;
          } else if (item.type === 'lost') {
            next += item.packets;
            ticks += item.ticks;
          } else throw new Error(`There should be no ${item.type}.`);
        }
        expect(ticks).toBe((next - (first ?? 0)) * frameTicks);
        expect(buffer.deadlineMs).toBeNull();
      }),
    );
  });

  it('reports time in which nothing was sent', () => {
    const buffer = newBuffer();
    const later = packet(1, { timestamp: packet(21).timestamp });
    expect(pushAll(buffer, [packet(0), later]).map(brief)).toEqual([0, 'silence 20', 1]);
    expect(buffer.stats.lost).toBe(0);
  });

  it('divides a gap into lost packets and time in which nothing was sent', () => {
    const buffer = newBuffer();
    pushAll(buffer, [packet(0), packet(3, { timestamp: packet(21).timestamp })]);
    expect(takeAll(buffer, 1000).map(brief)).toEqual(['lost 2 (2)', 'silence 18', 3]);
  });

  it('fills at most a second between two packets', () => {
    const lostLong = newBuffer();
    pushAll(lostLong, [packet(0), packet(101)]);
    expect(takeAll(lostLong, 1000).map(brief)).toEqual(['lost 100 (50)', 101]);
    const idleLong = newBuffer();
    const muchLater = packet(1, { timestamp: packet(500).timestamp });
    expect(pushAll(idleLong, [packet(0), muchLater]).map(brief)).toEqual([0, 'silence 50', 1]);
    const both = newBuffer();
    pushAll(both, [packet(0), packet(11, { timestamp: packet(500).timestamp })]);
    expect(takeAll(both, 1000).map(brief)).toEqual(['lost 10 (10)', 'silence 40', 11]);
  });

  it('takes no time for packets of padding, received or lost', () => {
    const padding = packet(1, { timestamp: packet(0).timestamp, payload: new Uint8Array() });
    const [second, third] = [
      packet(2, { timestamp: packet(1).timestamp }),
      packet(4, { timestamp: packet(2).timestamp }),
    ];
    const buffer = newBuffer();
    expect(pushAll(buffer, [packet(0), padding, second]).map(brief)).toEqual([0, 1, 2]);
    pushAll(buffer, [third]);
    expect(takeAll(buffer, 1000).map(brief)).toEqual(['lost 1 (0)', 4]);
  });

  it('assumes the length of the previous payload if one is unknown', () => {
    const buffer = newBuffer();
    const odd = packet(1, { payload: Uint8Array.of(255) });
    expect(pushAll(buffer, [packet(0), odd, packet(2)]).map(brief)).toEqual([0, 1, 2]);
  });

  it('continues after timestamps jump back', () => {
    const buffer = newBuffer();
    const back = [1, 2].map((index) => packet(index, { timestamp: index * frameTicks }));
    pushAll(buffer, [packet(0, { timestamp: 1e6 })]);
    expect(pushAll(buffer, back).map(brief)).toEqual([1, 2]);
  });

  it('gives up a gap early if too many packets wait after it', () => {
    const buffer = newBuffer();
    pushAll(buffer, [packet(0)]);
    const flood = Array.from({ length: 100 }, (_, index) => packet(index + 2));
    expect(pushAll(buffer, flood.slice(0, 99))).toEqual([]);
    expect(pushAll(buffer, flood.slice(99))).toHaveLength(101);
  });

  it('ignores stray packets of another source or far away, and switches to a source that proves itself', () => {
    for (const foreign of [
      (index: number) => packet(index, { ssrc: 2 }),
      (index: number) => packet(index + 600),
      (index: number) => packet(index - 700),
    ]) {
      const buffer = newBuffer();
      expect(
        pushAll(buffer, [packet(0), foreign(50), packet(1), foreign(51), foreign(52)]).map(brief),
      ).toEqual([0, 1]);
      expect(buffer.stats.foreign).toBe(3);
      expect(pushAll(buffer, [foreign(53), foreign(54)]).map(({ type }) => type)).toEqual([
        'restart',
        ...Array<string>(4).fill('packet'),
      ]);
      expect(buffer.stats).toMatchObject({ foreign: 1, lost: 0 });
    }
  });

  it('recognises duplicates for an hour', () => {
    const buffer = newBuffer();
    for (let index = 0; index < 180_000; index++) {
      if (index % 10 === 3) continue;
      buffer.push(packet(index), index * 20);
      takeAll(buffer, index * 20);
    }
    expect(buffer.stats).toMatchObject({ duplicates: 0, late: 0, foreign: 0 });
    expect(buffer.stats.lost).toBeGreaterThan(17_990);
  });
});
