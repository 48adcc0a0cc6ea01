import { describe, expect, it } from '@jest/globals';
import { isThorough } from '../../../test/harness/thorough.js';
import { PlayoutLedger, type PendingCut, type Piece } from './playout-ledger.js';

/** Longer than the audio and the marks of any bound. */
const lengthMs = (isThorough ? 60 : 10) * 60_000;

function makeLedger(): PlayoutLedger {
  return new PlayoutLedger({ sampleRateHz: 8000 });
}

function takeAll(ledger: PlayoutLedger, nowMs: number): Piece[] {
  const pieces: Piece[] = [];
  for (let piece = ledger.take(nowMs); piece; piece = ledger.take(nowMs)) pieces.push(piece);
  return pieces;
}

function cutOf(ledger: PlayoutLedger, nowMs: number): PendingCut {
  const cut = ledger.cut(nowMs);
  if ('origin' in cut) throw new Error('There was nothing to cut.');
  return cut;
}

describe('the ledger of playout', () => {
  it('anchors a burst, then sends a short piece with a mark after it, then pieces of 100 ms', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(2000));
    expect(
      takeAll(ledger, 0).map(({ markBefore, bytes, markBehind }) => [markBefore, bytes.length, markBehind]),
    ).toEqual([
      ['mark-1@0', 160, 'mark-2@160'],
      [null, 800, 'mark-3@960'],
      [null, 800, 'mark-4@1760'],
      [null, 240, null],
    ]);
  });

  it('puts a mark soon after a watched position and at a watched end', () => {
    const ledger = makeLedger();
    ledger.watch(500, 0);
    ledger.queue(new Uint8Array(1000));
    ledger.watch(1000, 0);
    const marks = takeAll(ledger, 0).flatMap(({ markBehind }) => markBehind ?? []);
    expect(marks.map((name) => Number(name.split('@')[1]))).toEqual([160, 660, 1000]);
  });

  it('anchors again when the far end is nearly out of audio', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(4000));
    takeAll(ledger, 0);
    ledger.queue(new Uint8Array(160));
    expect(ledger.take(300)?.markBefore).toBeNull();
    ledger.queue(new Uint8Array(160));
    expect(ledger.take(430)?.markBefore).not.toBeNull();
  });

  it('distinguishes a late echo from an unknown one', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(800));
    takeAll(ledger, 0);
    ledger.drop();
    expect(ledger.echo('mark-1@0', 50).kind).toBe('mark');
    for (const name of ['mark-1@0', 'clear-1@0']) expect(ledger.echo(name, 50).kind).toBe('stale');
    for (const name of ['mark-99@0', 'mark-0@0', 'mark-1', '', 'constructor']) {
      expect(ledger.echo(name, 50).kind).toBe('unknown');
    }
  });

  it('measures the round trip with every immediate echo', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(8000));
    takeAll(ledger, 0);
    ledger.echo('mark-1@0', 70);
    expect(ledger.roundTripMs).toBe(70);
    const cut = cutOf(ledger, 500);
    ledger.echo(cut.sentinel, 590);
    expect(ledger.roundTripMs).toBe(90);
  });

  it('estimates a cut by the round trip if its sentinel is lost', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(8000));
    takeAll(ledger, 0);
    ledger.echo('mark-1@0', 70);
    const cut = cutOf(ledger, 400);
    expect(ledger.estimate(cut).at).toEqual({ positionSamples: 400 * 8, origin: 'estimated' });
    expect(ledger.echo(cut.sentinel, 1000).kind).toBe('stale');
    expect(ledger.outstandingMarks).toBe(0);
  });

  it('never lowers the heard position when a resume repeats a word', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(8000));
    takeAll(ledger, 0);
    ledger.echo('mark-1@0', 0);
    expect(ledger.echo(cutOf(ledger, 500).sentinel, 500)).toMatchObject({ at: { positionSamples: 4000 } });
    ledger.resume(2000, 500);
    takeAll(ledger, 500);
    expect(ledger.echo(cutOf(ledger, 520).sentinel, 520)).toMatchObject({ at: { positionSamples: 4000 } });
  });

  it('reports a watched position that a resume skipped', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(800));
    ledger.watch(700, 0);
    ledger.cut(0);
    const mark = ledger.resume(800, 10);
    expect(mark).not.toBeNull();
    expect(ledger.echo(mark ?? '', 60)).toMatchObject({ heard: [{ positionSamples: 700 }] });
  });

  it('reports a position that was watched late at the time when it was heard', () => {
    const ledger = makeLedger();
    ledger.queue(new Uint8Array(3000));
    const marks = takeAll(ledger, 0).flatMap(({ markBefore, markBehind }) => [
      ...(markBefore ? [markBefore] : []),
      ...(markBehind ? [markBehind] : []),
    ]);
    for (const name of marks) ledger.echo(name, 50 + Number(name.split('@')[1]) / 8);
    const { mark } = ledger.watch(3000, 1200);
    expect(ledger.echo(mark!, 1250)).toEqual({
      kind: 'mark',
      heard: [{ positionSamples: 3000, atMs: 50 + 3000 / 8, origin: 'measured' }],
    });
  });

  it('limits any resume position to the kept audio', () => {
    const ledger = makeLedger();
    ledger.queue(Uint8Array.from({ length: 800 }, (_, i) => i & 0xff));
    for (const [from, first] of [
      [-100, 0],
      [100.4, 100],
      [1e9, undefined],
    ] as const) {
      ledger.cut(0);
      ledger.resume(from, 0);
      expect(ledger.take(0)?.bytes[0]).toBe(first);
    }
  });

  it('keeps a bounded amount of audio and marks, however long it speaks', () => {
    const ledger = makeLedger();
    const frame = new Uint8Array(160);
    for (let nowMs = 0; nowMs < lengthMs; nowMs += 20) {
      ledger.queue(frame);
      for (const { markBefore, markBehind } of takeAll(ledger, nowMs)) {
        for (const name of [markBefore, markBehind]) if (name) ledger.echo(name, nowMs + 20);
      }
    }
    expect(ledger.queuedSamples - ledger.keptFromSamples).toBeLessThanOrEqual(3.2 * 8000);
    expect(ledger.outstandingMarks).toBe(0);
  });

  it('keeps a bounded amount of audio and marks if no echo ever arrives', () => {
    const ledger = makeLedger();
    const frame = new Uint8Array(160);
    for (let nowMs = 0; nowMs < lengthMs; nowMs += 20) {
      ledger.queue(frame);
      takeAll(ledger, nowMs);
    }
    expect(ledger.queuedSamples - ledger.keptFromSamples).toBeLessThanOrEqual(14 * 8000);
    expect(ledger.outstandingMarks).toBeLessThanOrEqual(4096);
  });
});
