import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { FrameGate } from './frame-gate.js';

describe('the frame gate', () => {
  it('lets frames pass until it is shut', () => {
    const gate = new FrameGate();
    const painter = new FrameGate(gate.memory);
    const written: string[] = [];
    expect(painter.pass(() => written.push('first'))).toBe(true);
    gate.shut();
    expect(painter.pass(() => written.push('second'))).toBe(false);
    expect(written).toEqual(['first']);
  });

  it('lets frames pass again after it was reopened, even twice', () => {
    const gate = new FrameGate();
    const painter = new FrameGate(gate.memory);
    gate.shut();
    expect(painter.isShut).toBe(true);
    gate.reopen();
    gate.reopen();
    expect(painter.isShut).toBe(false);
    expect(painter.pass(() => undefined)).toBe(true);
    gate.shut();
    expect(painter.pass(() => undefined)).toBe(false);
  });

  it('stays open when a write fails', () => {
    const gate = new FrameGate();
    expect(() =>
      gate.pass(() => {
        throw new Error('the terminal is gone');
      }),
    ).toThrow('the terminal is gone');
    expect(gate.pass(() => undefined)).toBe(true);
  });

  it('waits for a frame that another thread is writing', async () => {
    const gate = new FrameGate();
    const view = new Int32Array(gate.memory);
    // The other thread occupies the gate (1) for 30 ms after its message.
    const other = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const state = new Int32Array(workerData);
       Atomics.store(state, 0, 1);
       parentPort.postMessage('inside');
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
       Atomics.store(state, 0, 0);
       Atomics.notify(state, 0);`,
      { eval: true, workerData: gate.memory },
    );
    const ended = once(other, 'exit');
    await once(other, 'message');
    gate.shut(60_000);
    await ended;
    expect(Atomics.load(view, 0)).toBe(2);
    expect(gate.pass(() => undefined)).toBe(false);
  });

  it('is shut after a time-out if a frame hangs', () => {
    const gate = new FrameGate();
    gate.pass(() => gate.shut(1));
    expect(gate.pass(() => undefined)).toBe(false);
  });
});
