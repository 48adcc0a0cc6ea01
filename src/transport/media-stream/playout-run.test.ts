import { describe, expect, it } from '@jest/globals';
import { PlayoutRun, type PlayoutMark } from './playout-run.js';

const roundTripMs = 100;

function makeRun(): {
  run: PlayoutRun;
  readonly mark: (name: string, nowMs: number) => PlayoutMark;
  readonly send: (samples: number, nowMs: number) => void;
} {
  const run = new PlayoutRun(0, 8);
  return {
    run,
    mark: (name, nowMs) => run.addMark(name, nowMs).mark,
    send: (samples, nowMs) => run.addAudio(samples, nowMs, roundTripMs),
  };
}

describe('a run of playout', () => {
  it('is heard from the anchor, and never past the sent audio', () => {
    const { run, mark, send } = makeRun();
    const anchor = mark('a', 0);
    send(800, 0);
    expect(run.echo(anchor, 60, roundTripMs)).toEqual([anchor]);
    expect(run.heardAt(60, roundTripMs)).toBe(0);
    expect(run.heardAt(110, roundTripMs)).toBe(400);
    expect(run.heardAt(1000, roundTripMs)).toBe(800);
  });

  it('is estimated from the time of sending if no echo arrived', () => {
    const { run, mark, send } = makeRun();
    mark('a', 50);
    send(800, 50);
    expect(run.heardAt(149, roundTripMs)).toBe(0);
    expect(run.heardAt(200, roundTripMs)).toBe(400);
    expect(run.timeOf(400, false, roundTripMs)).toBe(200);
  });

  it('stands still between two bursts, even before the echo that shows it', () => {
    const { run, mark, send } = makeRun();
    const anchor = mark('a', 0);
    send(800, 0);
    run.echo(anchor, 60, roundTripMs);
    mark('b', 500);
    send(800, 500);
    expect(run.heardAt(599, roundTripMs)).toBe(800);
    expect(run.heardAt(650, roundTripMs)).toBe(1200);
    expect(run.timeOf(1200, false, roundTripMs)).toBe(650);
  });

  it('uses the echo before a gap for audio before it, even after a later echo', () => {
    const { run, mark, send } = makeRun();
    run.echo(mark('a', 0), 100, roundTripMs);
    send(800, 0);
    const end = mark('b', 0);
    const anew = mark('c', 250);
    send(800, 250);
    run.cut();
    run.echo(end, 200, roundTripMs);
    run.echo(anew, 350, roundTripMs);
    run.settle(roundTripMs);
    expect(run.timeOf(400, false, roundTripMs)).toBe(150);
    expect(run.timeOf(800, true, roundTripMs)).toBe(200);
    expect(run.timeOf(800, false, roundTripMs)).toBe(350);
  });

  it('uses the latest echo as its anchor, so an unnoticed underrun does no harm', () => {
    const { run, mark, send } = makeRun();
    const first = mark('a', 0);
    send(1600, 0);
    const second = mark('b', 0);
    send(1600, 0);
    run.echo(first, 60, roundTripMs);
    expect(run.echo(second, 400, roundTripMs)).toEqual([second]);
    expect(run.heardAt(450, roundTripMs)).toBe(2000);
  });

  it('counts the marks before an echo as reached', () => {
    const { run, mark, send } = makeRun();
    const first = mark('a', 0);
    send(800, 0);
    const second = mark('b', 0);
    expect(run.echo(second, 160, roundTripMs)).toEqual([first, second]);
  });

  it('knows when it has certainly been played out', () => {
    const { run, mark, send } = makeRun();
    expect(run.isPlayedOut).toBe(true);
    mark('a', 0);
    send(800, 0);
    expect(run.isPlayedOut).toBe(false);
    run.echo(mark('b', 0), 200, roundTripMs);
    expect(run.isPlayedOut).toBe(true);
  });

  it('does not count a mark that a clear removed as heard', () => {
    const { run, mark, send } = makeRun();
    run.echo(mark('a', 0), 60, roundTripMs);
    send(8000, 60);
    const swept = mark('b', 60);
    run.cut();
    expect(run.echo(swept, 300, roundTripMs)).toEqual([]);
    run.settle(roundTripMs);
    expect(run.heardAt(300, roundTripMs)).toBe(240 * 8);
  });

  it('counts an echo after the cut as heard if no audio was before the mark', () => {
    const { run, mark, send } = makeRun();
    const anchor = mark('a', 0);
    send(8000, 0);
    const swept = mark('b', 0);
    run.cut();
    run.echo(anchor, 20, roundTripMs);
    run.echo(swept, 30, roundTripMs);
    expect(run.settle(roundTripMs)).toEqual(['a', 'b']);
    expect(run.heardAt(30, roundTripMs)).toBe(80);
  });
});
