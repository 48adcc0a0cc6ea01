import { afterEach, describe, expect, it } from '@jest/globals';
import { callStart, sampleEvent } from '../../test/harness/sample-calls.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { initialModel } from './model/dashboard-model.js';
import type { DashboardRequest } from './model/key-press.js';
import type { RelayFacts } from './model/relay-facts.js';
import { Painter } from './painter.js';

const opened: Painter[] = [];
const relay: RelayFacts = {
  version: '0.1.0',
  state: 'ready',
  localUrl: 'http://127.0.0.1:8787',
  publicUrl: null,
  phoneNumber: null,
  providers: null,
  recording: null,
};

interface Painted {
  readonly painter: Painter;
  readonly clock: VirtualClock;
  readonly writes: string[];
  readonly requests: DashboardRequest[];
}

function painted(framesPerThread = Infinity, onWorn = (): void => undefined): Painted {
  const clock = new VirtualClock();
  const writes: string[] = [];
  const requests: DashboardRequest[] = [];
  const painter = new Painter({
    clock,
    model: initialModel(relay, { columns: 80, rows: 24 }),
    colour: false,
    write: (text) => writes.push(text),
    onRequest: (request) => requests.push(request),
    framesPerThread,
    onWorn,
  });
  opened.push(painter);
  clock.advance(0);
  return { painter, clock, writes, requests };
}

/** Resolves when typed input has passed the streams and Ink's effects. */
async function arrived(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise(setImmediate);
}

afterEach(() => {
  for (const painter of opened.splice(0)) painter.close();
});

describe('the painter', () => {
  it('paints the whole screen once, then only changes', () => {
    const { painter, clock, writes } = painted();
    expect(writes).toHaveLength(1);
    expect(writes[0]).toContain('HZRELAY');
    painter.take([{ type: 'line', tag: 'INFO', text: 'listening' }]);
    clock.advance(100);
    expect(writes).toHaveLength(2);
    expect(writes[1]).toContain('INFO  listening');
    expect(writes[1]).not.toContain('HZRELAY');
  });

  it('paints at most fifteen times a second, without losing a line', () => {
    const { painter, clock, writes } = painted();
    for (let i = 0; i < 500; i++) {
      painter.take([{ type: 'event', event: sampleEvent('dtmf', { digit: String(i) }) }]);
      clock.advance(2);
    }
    clock.advance(100);
    expect(writes.length).toBeLessThanOrEqual(18);
    expect(writes.at(-1)).toContain('dtmf: 499');
    expect(painter.model.log.latest).toBe(500);
    expect(painter.model.log.essential.length).toBe(500);
  });

  it('paints once a minute while nothing happens', () => {
    const { clock, writes } = painted();
    clock.advance(59_000);
    expect(writes).toHaveLength(1);
    clock.advance(120_000);
    expect(writes).toHaveLength(3);
    expect(writes.at(-1)).toContain('up 2 min');
    expect(clock.pendingTimers).toBe(1);
  });

  it('paints nothing for unchanged levels', () => {
    const { painter, clock, writes } = painted();
    const readings = [
      { sessionId: 'a3f9b2c1', callerDbfs: -100, agentDbfs: -100, doing: 'listening' as const },
    ];
    painter.take([
      { type: 'event', event: callStart() },
      { type: 'readings', readings },
    ]);
    clock.advance(100);
    const before = writes.length;
    painter.take([{ type: 'readings', readings }]);
    clock.advance(100);
    expect(writes).toHaveLength(before);
  });

  it('scrolls the transcript at most to its first line', async () => {
    const { painter, clock, writes } = painted();
    const said = Array.from({ length: 30 }, (_, turn) =>
      sampleEvent('transcript.final', { text: `sentence ${turn}`, typed: false }, { turn }),
    );
    painter.take([callStart(), ...said].map((event) => ({ type: 'event', event })));
    clock.advance(100);
    await arrived();
    painter.type('3');
    painter.type('g');
    await arrived();
    clock.advance(100);
    expect(writes.at(-1)).toContain('sentence 0');
    expect(painter.model.ui.transcriptBack).toBeGreaterThan(20);
    expect(painter.model.ui.transcriptBack).toBeLessThan(30);
  });

  it('advances the clock of a running call', () => {
    const { painter, clock, writes } = painted();
    painter.take([{ type: 'event', event: callStart() }]);
    clock.advance(5500);
    expect(writes.at(-1)).toContain(' 0:05 ');
  });

  it('paints everything again when the terminal has a new size', () => {
    const { painter, clock, writes } = painted();
    painter.take([{ type: 'resized', columns: 160, rows: 50 }]);
    clock.advance(100);
    expect(writes.at(-1)).toContain('\u001b[2J');
    expect(writes.at(-1)).toContain('\u001b[50;1H');
    expect(writes.at(-1)).toContain('[ LATENCY ]');
  });

  it('paints everything again when the screen was cleared', () => {
    const { painter, clock, writes } = painted();
    painter.redraw();
    clock.advance(100);
    expect(writes).toHaveLength(2);
    expect(writes[1]).toBe(writes[0]);
  });

  it('passes on the requests of keys', async () => {
    const { painter, requests } = painted();
    await arrived();
    painter.type('t');
    await arrived();
    expect(requests).toEqual([{ type: 'place_call', transport: 'twilio' }]);
  });

  it('copies through the terminal, and says so', async () => {
    const { painter, clock, writes, requests } = painted();
    painter.take([{ type: 'event', event: callStart() }]);
    clock.advance(100);
    await arrived();
    painter.type('c');
    await arrived();
    expect(writes.at(-1)).toBe(`\u001b]52;c;${Buffer.from('a3f9b2c1').toString('base64')}\u0007`);
    clock.advance(100);
    expect(writes.at(-1)).toContain('Copied session id a3f9b2c1.');
    expect(requests).toEqual([]);
  });

  it('reports once that it has painted its number of frames', () => {
    let worn = 0;
    const { painter, clock } = painted(3, () => worn++);
    const drawn = (): void => {
      painter.take([{ type: 'line', tag: 'INFO', text: 'one more' }]);
      clock.advance(100);
    };
    drawn();
    expect(worn).toBe(0);
    drawn();
    drawn();
    expect(worn).toBe(1);
  });

  it('paints nothing after it is closed, and leaves no timer', () => {
    const { painter, clock, writes } = painted();
    painter.take([{ type: 'event', event: callStart() }]);
    painter.close();
    const before = writes.length;
    clock.advance(5000);
    expect(writes).toHaveLength(before);
    expect(clock.pendingTimers).toBe(0);
  });
});
