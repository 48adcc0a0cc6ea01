import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { delay } from '../core/clock.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import {
  AgentVoice,
  defaultCallerBehaviour,
  holdConversation,
  type SaidTurn,
  type Speaker,
} from './conversation.js';
import type { CallEnd } from './caller.js';
import type { Recording } from './recordings.js';

/** A second of sound and, behind it, as much silence as is asked for. */
function recording(name: string, silenceMs = 0): Recording {
  const samples = new Int16Array(8000 + silenceMs * 8).fill(5000, 0, 8000);
  return { path: `/${name}`, name, samples, sampleRateHz: 8000 };
}

/** A call whose agent speaks when the test says so. */
class Line {
  readonly clock = new VirtualClock();
  readonly voice = new AgentVoice(this.clock);
  readonly saidAtMs: number[] = [];
  hangUp: () => void = () => undefined;
  #playsUntilMs = 0;
  readonly #over = new AbortController();
  readonly #speaker: Speaker;

  constructor() {
    const over = new Promise<CallEnd>((resolve) => {
      this.hangUp = () => {
        this.#over.abort();
        resolve({ how: 'relay_hung_up' });
      };
    });
    const playout = (): Speaker['playout'] => {
      const queuedMs = Math.max(0, this.#playsUntilMs - this.clock.nowMs());
      return { queuedMs, idleSinceMs: queuedMs > 0 ? null : this.#playsUntilMs, heardSamples: 0 };
    };
    this.#speaker = {
      ended: over,
      get playout() {
        return playout();
      },
      say: async ({ length }) => {
        this.saidAtMs.push(this.clock.nowMs());
        await delay(this.clock, length / 8, this.#over.signal).catch(() => undefined);
      },
    };
  }

  /** The agent will speak from `atMs` on. */
  agentSpeaks(atMs: number, lengthMs: number): void {
    this.clock.setTimer(atMs - this.clock.nowMs(), () => {
      this.voice.heard();
      this.#playsUntilMs = this.clock.nowMs() + lengthMs;
    });
  }

  async hold(recordings: readonly Recording[], bargeInMs: number | null = null): Promise<SaidTurn[]> {
    const behaviour = { ...defaultCallerBehaviour, bargeInMs };
    const held = holdConversation(this.#speaker, this.voice, recordings, this.clock, behaviour);
    let done = false;
    void held.then(() => (done = true));
    const isDone = (): boolean => done;
    await nextTick();
    while (!isDone()) {
      this.clock.advance(20);
      await nextTick();
    }
    return held;
  }
}

describe('a polite caller', () => {
  it('begins 700 ms after the greeting, and goes on 700 ms after each answer', async () => {
    const line = new Line();
    line.agentSpeaks(200, 1000);
    line.agentSpeaks(3500, 500);
    line.agentSpeaks(6300, 500);
    const turns = await line.hold([recording('a.wav'), recording('b.wav')]);
    expect(turns).toEqual([
      { name: 'a.wav', said: true, answered: true },
      { name: 'b.wav', said: true, answered: true },
    ]);
    expect(line.saidAtMs).toEqual([1900, 4700]);
    expect(line.clock.nowMs()).toBe(7500);
    expect(line.clock.pendingTimers).toBe(0);
  });

  it('begins after 1.5 s without a greeting, and goes on after 8 s without an answer', async () => {
    const line = new Line();
    const turns = await line.hold([recording('a.wav'), recording('b.wav')]);
    expect(turns.map(({ answered }) => answered)).toEqual([false, false]);
    expect(line.saidAtMs).toEqual([1500, 10_500]);
    expect(line.clock.nowMs()).toBe(19_500);
  });

  it('takes what comes during the silence at a recording’s end for its answer', async () => {
    const line = new Line();
    line.agentSpeaks(3200, 500);
    const turns = await line.hold([recording('a.wav', 3000)]);
    expect(turns).toEqual([{ name: 'a.wav', said: true, answered: true }]);
    expect(line.clock.nowMs()).toBe(5500);
  });

  it('stops where the call ends, and says so of every recording', async () => {
    const line = new Line();
    line.clock.setTimer(2000, line.hangUp);
    const turns = await line.hold([recording('a.wav'), recording('b.wav')]);
    expect(turns).toEqual([
      { name: 'a.wav', said: false, answered: false },
      { name: 'b.wav', said: false, answered: false },
    ]);
    expect(line.saidAtMs).toEqual([1500]);
    expect(line.clock.pendingTimers).toBe(0);
  });
});

describe('a caller who talks while the agent speaks', () => {
  const talk = async (
    reason: 'no_words' | 'backchannel',
    after: 'nothing' | 'turn.start' | 'turn.continued',
  ) => {
    const line = new Line();
    const at = (atMs: number, note: () => void): void => void line.clock.setTimer(atMs, note);
    line.agentSpeaks(1600, 300);
    line.voice.note({ type: 'turn.start', turn: 0 });
    at(2300, () => line.voice.note({ type: 'agent.resumed', turn: 0, reason }));
    line.agentSpeaks(2600, 500);
    if (after !== 'nothing') at(2700, () => line.voice.note({ type: after, turn: 1 }));
    at(3100, () => line.voice.note({ type: 'turn.end', turn: 0 }));
    at(3200, () => line.voice.note({ type: 'turn.end', turn: 1 }));
    const [turn] = await line.hold([recording('a.wav')]);
    return turn?.answered;
  };

  it('got no answer where the agent heard no words and went on with what it was saying', async () => {
    expect(await talk('no_words', 'nothing')).toBe(false);
  });

  it('got one where the agent then heard words, or went on since the words asked for nothing', async () => {
    expect(await talk('no_words', 'turn.start')).toBe(true);
    expect(await talk('no_words', 'turn.continued')).toBe(true);
    expect(await talk('backchannel', 'nothing')).toBe(true);
  });
});

describe('a caller whose agent says a filler', () => {
  const turn = (line: Line, type: 'turn.start' | 'turn.end', atMs: number): void => {
    line.clock.setTimer(atMs, () => line.voice.note({ type, turn: 1 }));
  };

  it('waits for the end of the turn, however long the agent is silent in it', async () => {
    const line = new Line();
    turn(line, 'turn.start', 2600);
    line.agentSpeaks(3000, 500);
    line.agentSpeaks(9000, 1000);
    turn(line, 'turn.end', 10_000);
    const turns = await line.hold([recording('a.wav'), recording('b.wav')]);
    expect(turns[0]).toEqual({ name: 'a.wav', said: true, answered: true });
    expect(line.saidAtMs).toEqual([1500, 10_700]);
  });

  it('has no answer where the turn does not end within half a minute of silence', async () => {
    const line = new Line();
    turn(line, 'turn.start', 2600);
    line.agentSpeaks(3000, 500);
    const turns = await line.hold([recording('a.wav')]);
    expect(turns).toEqual([{ name: 'a.wav', said: true, answered: false }]);
    expect(line.clock.nowMs()).toBe(33_500);
  });

  it('is done where the call ends meanwhile', async () => {
    const line = new Line();
    turn(line, 'turn.start', 2600);
    line.agentSpeaks(3000, 500);
    line.clock.setTimer(6000, line.hangUp);
    expect(await line.hold([recording('a.wav')])).toEqual([{ name: 'a.wav', said: true, answered: true }]);
    expect(line.clock.pendingTimers).toBe(0);
  });
});

describe('a caller who barges in', () => {
  it('talks over the greeting and every answer, but hears the last one to its end', async () => {
    const line = new Line();
    line.agentSpeaks(200, 4000);
    line.agentSpeaks(2200, 4000);
    line.agentSpeaks(4500, 1000);
    const turns = await line.hold([recording('a.wav'), recording('b.wav')], 300);
    expect(line.saidAtMs).toEqual([500, 2500]);
    expect(turns.map(({ answered }) => answered)).toEqual([true, true]);
    expect(line.clock.nowMs()).toBe(6200);
  });

  it('does not take the rest of what was talked over for an answer', async () => {
    const line = new Line();
    line.agentSpeaks(200, 1000);
    line.agentSpeaks(900, 800);
    const turns = await line.hold([recording('a.wav')], 300);
    expect(turns).toEqual([{ name: 'a.wav', said: true, answered: false }]);
  });

  it('speaks when the agent has finished, where that is sooner', async () => {
    const line = new Line();
    line.agentSpeaks(200, 100);
    await line.hold([recording('a.wav')], 5000);
    expect(line.saidAtMs).toEqual([1000]);
  });
});
