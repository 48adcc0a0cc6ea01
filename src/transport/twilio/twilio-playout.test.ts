import { describe, expect, it, jest } from '@jest/globals';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import type { Heard } from '../transport.js';
import { bytesOf, content, makeCall } from '../../../test/harness/twilio-transport-call.js';

jest.setTimeout(60_000);

describe('playout on Media Streams', () => {
  it('sends audio at once, in the bytes it came with', () => {
    const call = makeCall();
    call.play(4000);
    call.clock.advance(600);
    expect(Buffer.compare(call.far.heard, content(0, 4000))).toBe(0);
  });

  it('encodes frames that have samples only', () => {
    const { far, clock, transport } = makeCall();
    const samples = decodeMulaw(encodeMulaw(Int16Array.from({ length: 320 }, (_, i) => i * 50 - 8000)));
    transport.play({ samples, sampleRateHz: 8000 });
    clock.advance(100);
    expect(far.heard).toEqual(Buffer.from(encodeMulaw(samples)));
  });

  it('refuses another sample rate, with the remedy', () => {
    const { transport } = makeCall();
    expect(() => transport.play({ samples: new Int16Array(160), sampleRateHz: 16000 })).toThrow(
      /resample it to 8000/,
    );
  });

  it('never leaves more than 100 ms without a mark', () => {
    const call = makeCall();
    call.play(16_000);
    call.clock.advance(0);
    const positions = call.far.arrived
      .filter(({ event }) => event === 'mark')
      .map(({ mark }) => Number(mark?.name.split('@')[1]));
    expect(positions.slice(0, 3)).toEqual([0, 160, 960]);
    for (const [i, position] of positions.entries())
      expect(position - (positions[i - 1] ?? 0)).toBeLessThanOrEqual(800);
  });

  it('keeps no more than a minute at the far end and sends the rest in time', () => {
    const call = makeCall({ thereMs: 30, backMs: 30 });
    call.play(100 * 8000);
    call.clock.advance(30);
    const bytesSent = (): number => call.far.arrived.filter(({ event }) => event === 'media').length * 800;
    expect(bytesSent()).toBeLessThanOrEqual(62 * 8000);
    call.clock.advance(101_000);
    expect(Buffer.compare(call.far.heard, content(0, 100 * 8000))).toBe(0);
  });

  it('goes on sending when no echo ever comes', () => {
    const call = makeCall();
    call.far.swallowsEchoes = true;
    call.play(100 * 8000);
    call.clock.advance(102_000);
    expect(call.far.heard).toHaveLength(100 * 8000);
  });
});

describe('watching a position', () => {
  it('reports when it became audible, one way late', () => {
    const call = makeCall({ thereMs: 40, backMs: 25 });
    call.transport.watch(1000);
    call.play(4000);
    call.clock.advance(1000);
    expect(call.heardMarks).toEqual([{ positionSamples: 1000, atMs: 40 + 125 + 25, origin: 'measured' }]);
  });

  it('reports a position whose audio is gone already', () => {
    const call = makeCall({ thereMs: 40, backMs: 25 });
    call.play(4000);
    call.transport.watch(3999);
    call.clock.advance(1000);
    expect(call.heardMarks).toEqual([
      { positionSamples: 3999, atMs: 40 + 3999 / 8 + 25, origin: 'measured' },
    ]);
  });

  it('reports the end of the queue when all has been played', () => {
    const call = makeCall({ thereMs: 40, backMs: 25 });
    call.play(1234);
    call.transport.watch(1234);
    call.clock.advance(1000);
    expect(call.heardMarks).toEqual([
      { positionSamples: 1234, atMs: 40 + 1234 / 8 + 25, origin: 'measured' },
    ]);
  });

  it('reports a position that was heard before it was asked for, but never in the middle of the asking', async () => {
    const call = makeCall();
    call.play(800);
    await call.pass(500);
    call.transport.watch(100);
    expect(call.heardMarks).toEqual([]);
    await call.pass(0);
    expect(call.heardMarks).toEqual([{ positionSamples: 100, atMs: 12.5, origin: 'measured' }]);
  });

  it('estimates when the echo does not come', () => {
    const call = makeCall();
    call.far.swallowsEchoes = true;
    call.transport.watch(80);
    call.play(800);
    call.clock.advance(1500);
    // A round trip of 100 ms is assumed where none was ever measured.
    expect(call.heardMarks).toEqual([{ positionSamples: 80, atMs: 110, origin: 'estimated' }]);
    call.clock.advance(5000);
    expect(call.heardMarks).toHaveLength(1);
  });

  it('stays in force across a pause', async () => {
    const call = makeCall({ thereMs: 10, backMs: 10 });
    call.play(8000);
    call.transport.watch(4000);
    await call.pass(300);
    const pausing = call.transport.pause();
    await call.pass(100);
    const { positionSamples } = await pausing;
    expect(positionSamples).toBe(300 * 8);
    call.transport.resume(positionSamples);
    await call.pass(1000);
    expect(call.heardMarks).toEqual([{ positionSamples: 4000, atMs: 400 + 20 + 200, origin: 'measured' }]);
  });

  it('is reported by a pause that swept its mark out after it was heard', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.transport.watch(0);
    call.play(8000);
    await call.pass(5);
    void call.transport.pause();
    await call.pass(200);
    expect(call.heardMarks.map(({ positionSamples }) => positionSamples)).toEqual([0]);
  });

  it('is cancelled by clear', async () => {
    const call = makeCall();
    call.play(8000);
    call.transport.watch(4000);
    await call.pass(100);
    void call.transport.clear();
    await call.pass(3000);
    expect(call.heardMarks).toEqual([]);
  });
});

describe('pausing', () => {
  it('tells to the sample how far the caller heard, whatever the delays', async () => {
    const call = makeCall({ thereMs: 70, backMs: 130 });
    call.play(8000);
    await call.pass(333);
    const pausing = call.transport.pause();
    await call.pass(200);
    expect(await pausing).toEqual({ positionSamples: 333 * 8, origin: 'measured' });
    expect(call.far.heard).toHaveLength(333 * 8);
  });

  it('knows the position even before the first echo', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.play(8000);
    await call.pass(20);
    const pausing = call.transport.pause();
    await call.pass(100);
    expect(await pausing).toEqual({ positionSamples: 160, origin: 'measured' });
  });

  it('answers at once when nothing plays, without a word on the wire', async () => {
    const call = makeCall();
    expect(await call.transport.pause()).toEqual({ positionSamples: 0, origin: 'measured' });
    expect(call.far.arrived).toEqual([]);
  });

  it('holds what is played meanwhile', async () => {
    const call = makeCall();
    const heard = await call.transport.pause();
    call.play(800);
    await call.pass(500);
    expect(call.far.heard).toHaveLength(0);
    call.transport.resume(heard.positionSamples);
    await call.pass(500);
    expect(Buffer.compare(call.far.heard, content(0, 800))).toBe(0);
  });

  it('answers a second pause like the first', async () => {
    const call = makeCall();
    call.play(8000);
    await call.pass(100);
    const first = call.transport.pause();
    await call.pass(0);
    expect(await call.transport.pause()).toEqual(await first);
    expect(call.far.arrived.filter(({ event }) => event === 'clear')).toHaveLength(1);
  });

  it('estimates after 250 ms without an answer', async () => {
    const call = makeCall({ thereMs: 20, backMs: 20 });
    call.play(8000);
    await call.pass(200);
    call.far.swallowsEchoes = true;
    let heard: Heard | null = null;
    void call.transport.pause().then((answer) => (heard = answer));
    await call.pass(249);
    expect(heard).toBeNull();
    await call.pass(1);
    expect(heard).toEqual({ positionSamples: 1600, origin: 'estimated' });
  });

  it('can be ended before its answer came', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.play(8000);
    await call.pass(200);
    const pausing = call.transport.pause();
    call.transport.resume(800);
    await call.pass(100);
    expect(await pausing).toEqual({ positionSamples: 1600, origin: 'measured' });
    await call.pass(2000);
    expect(
      Buffer.compare(
        call.far.heard,
        bytesOf([
          [0, 1600],
          [800, 8000],
        ]),
      ),
    ).toBe(0);
  });

  it('keeps three seconds of heard audio for the resume, and not more than a message beyond', async () => {
    const call = makeCall();
    for (let i = 0; i < 500; i++) call.play(160);
    await call.pass(9000);
    const pausing = call.transport.pause();
    await call.pass(0);
    const { positionSamples } = await pausing;
    expect(positionSamples).toBe(72_000);
    call.transport.resume(0);
    await call.pass(20_000);
    const again = call.far.heard.length - 80_000;
    expect(again).toBeGreaterThanOrEqual(24_000);
    expect(again).toBeLessThanOrEqual(24_000 + 800);
    expect(
      Buffer.compare(
        call.far.heard,
        bytesOf([
          [0, 72_000],
          [72_000 - again, 80_000],
        ]),
      ),
    ).toBe(0);
  });
});
