import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { Heartbeat } from './heartbeat.js';

interface Beating {
  readonly clock: VirtualClock;
  readonly heartbeat: Heartbeat;
  readonly pings: number[];
  readonly deaths: number[];
  isSending: boolean;
  answers: boolean;
}

function beating(): Beating {
  const clock = new VirtualClock();
  const scene: Beating = {
    clock,
    pings: [],
    deaths: [],
    isSending: false,
    answers: true,
    heartbeat: new Heartbeat({
      clock,
      ping: () => {
        scene.pings.push(clock.nowMs());
        if (scene.answers) clock.setTimer(30, () => scene.heartbeat.answered());
      },
      isSending: () => scene.isSending,
      onDead: () => scene.deaths.push(clock.nowMs()),
    }),
  };
  scene.heartbeat.start();
  return scene;
}

describe('a heartbeat', () => {
  it('pings every few seconds, as often as Flux wants to be heard of', () => {
    const { clock, pings, deaths } = beating();
    clock.advance(60_000);
    expect(pings.length).toBeGreaterThanOrEqual(9);
    expect(Math.max(...pings.map((ms, index) => ms - (pings[index - 1] ?? 0)))).toBeLessThanOrEqual(10_000);
    expect(deaths).toEqual([]);
  });

  it('tells once of an end that answers nothing, and stops', () => {
    const scene = beating();
    scene.answers = false;
    scene.clock.advance(60_000);
    expect(scene.deaths).toEqual([10_000]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('takes whatever comes for an answer', () => {
    const scene = beating();
    scene.answers = false;
    for (let ms = 0; ms < 60_000; ms += 2000) {
      scene.clock.advance(2000);
      scene.heartbeat.heard();
    }
    expect(scene.deaths).toEqual([]);
  });

  it('knows within a second where an answer depends on it', () => {
    const scene = beating();
    scene.clock.advance(1000);
    scene.heartbeat.check();
    expect(scene.heartbeat.isInDoubt).toBe(true);
    scene.clock.advance(30);
    expect(scene.heartbeat.isInDoubt).toBe(false);
    scene.clock.advance(970);
    scene.answers = false;
    scene.heartbeat.check();
    scene.clock.advance(400);
    scene.heartbeat.check();
    scene.clock.advance(400);
    expect(scene.deaths).toEqual([2800]);
  });

  it('does not blame the other end for what has not left this one, nor for the time in which this one stood still', () => {
    const scene = beating();
    scene.answers = false;
    scene.isSending = true;
    scene.heartbeat.check();
    scene.clock.advance(20_000);
    expect(scene.deaths).toEqual([]);
    scene.isSending = false;
    scene.clock.advance(600);
    expect(scene.deaths).toEqual([]);
    scene.clock.advance(200);
    expect(scene.deaths).toHaveLength(1);
  });

  it('takes a message for an answer to an urgent ping only if it comes some time behind it', () => {
    const scene = beating();
    scene.answers = false;
    scene.heartbeat.check();
    scene.clock.advance(100);
    scene.heartbeat.heard();
    expect(scene.heartbeat.isInDoubt).toBe(true);
    scene.clock.advance(200);
    scene.heartbeat.heard();
    expect(scene.heartbeat.isInDoubt).toBe(false);
    scene.clock.advance(2000);
    expect(scene.deaths).toEqual([]);
  });

  it('is over when it is stopped', () => {
    const scene = beating();
    scene.heartbeat.check();
    scene.heartbeat.stop();
    scene.heartbeat.check();
    scene.heartbeat.heard();
    scene.heartbeat.answered();
    scene.clock.advance(60_000);
    expect(scene.pings).toEqual([0]);
    expect([scene.deaths, scene.clock.pendingTimers]).toEqual([[], 0]);
  });
});
