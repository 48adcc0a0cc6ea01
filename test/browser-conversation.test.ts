/** Whole browser calls in virtual time, with the rules of the phone conversations: both must go alike. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { rmsDbfs } from '#src/audio/level.js';
import { audibleEnd, audibleStart } from '#src/audio/silence.js';
import type { SessionEvent } from '#src/events/session-event.js';
import type { Caller } from '#src/replay/caller.js';
import { compareRuns } from '#src/replay/golden.js';
import type { ReplayResult } from '#src/replay/replay-call.js';
import { SimulatedBrowser } from '#src/simulators/browser/simulated-browser.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import type { TransportType } from '#src/transport/transport.js';
import { earFor } from './harness/ear-for.js';
import { fixturesFor } from './harness/recordings.js';
import { ofType, texts } from './harness/session-events.js';
import { drawn, isThorough } from './harness/thorough.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';

const greeting = 'Hello, this is the appointment desk. How can I help you?';
const agent = { systemPrompt: 'You run an appointment desk.', greeting };
const rateHz = 24_000;

const voices = new TestVoices();
let relay: VirtualRelay | null = null;

afterEach(async () => {
  await relay?.close();
  expect(relay?.clock.pendingTimers).toBe(0);
  relay = null;
});
afterAll(() => voices.close());

type CallOptions = Partial<Parameters<VirtualRelay['call']>[0]>;

async function start(session: Partial<SessionConfig> = { agent }): Promise<VirtualRelay> {
  relay = await VirtualRelay.start(voices, session);
  return relay;
}

async function say(
  names: string[],
  options: CallOptions = {},
  via: TransportType = 'webrtc',
): Promise<ReplayResult> {
  const at = relay ?? (await start());
  const callers: Caller[] = [];
  const call = at.call({
    via,
    recordings: await fixturesFor(via, ...names),
    ...options,
    onCaller: (caller) => {
      callers.push(caller);
      options.onCaller?.(caller);
    },
  });
  const result = await at.run(call);
  expect(callers.flatMap(({ faults }) => faults)).toEqual([]);
  return result;
}

/** Acts once in a call, at the first event that the condition holds for. */
function once(condition: (event: SessionEvent) => boolean, act: () => void): (event: SessionEvent) => void {
  let done = false;
  return (event) => {
    if (done || !condition(event)) return;
    done = true;
    act();
  };
}

describe('a browser call', () => {
  const callers: readonly [string, string[], CallOptions][] = [
    ['books an appointment', ['book-my-appointment', 'friday', 'at-ten-thirty', 'yes-please', 'goodbye'], {}],
    ['talks over the greeting', ['stop-and-cancel'], { behaviour: { bargeInMs: 1500 } }],
    ['says um-hum to the greeting', ['um-hum', 'book-my-appointment'], { behaviour: { bargeInMs: 1000 } }],
    ['pauses for 400 ms in a sentence', ['pause-400ms'], {}],
    ['says only unknown words', ['silence', 'weather-in-paris'], {}],
  ];

  // The golden conversations compare the transports too.
  it.each(isThorough ? callers : drawn(callers.slice(1), 1))(
    'whose caller %s goes like the same call by phone',
    async (_what, names, options) => {
      const fromBrowser = await say(names, options);
      const byPhone = await say(names, options, 'twilio');
      const { diff } = compareRuns(byPhone.events, fromBrowser.events);
      expect(diff.filter(({ side }) => side !== 'both')).toEqual([]);
      expect(fromBrowser.end.how).toBe(byPhone.end.how);
      expect(fromBrowser.events[0]).toMatchObject({ type: 'session.start', transport: 'webrtc' });
    },
  );

  it('measures the ear at the page, and splits the time into parts that sum to the total', async () => {
    const said = ['book-my-appointment', 'reschedule-for-friday'];
    await start({ agent: { ...agent, greeting: 'Hello.' }, stt: earFor(...said) });
    const { events, recording } = await say(said);
    const ends = ofType(events, 'turn.end').filter(({ turn }) => turn > 0);
    expect(ends).toHaveLength(2);
    for (const { latency } of ends) {
      expect(latency.ear).toBe('measured');
      const { mouth_to_ear_ms: total, parts } = latency;
      expect(Object.values(parts!).reduce((sum: number, part: number) => sum + part, 0)).toBeCloseTo(
        total!,
        6,
      );
    }
    // Measured from the recording, for the last answer: from the end of the question to the begin of the sound.
    const { caller, agent: heard } = recording!;
    const mouthMs = audibleEnd(caller, rateHz) / 24;
    const lastQuestion = Math.floor(mouthMs * 24);
    const earMs = mouthMs + audibleStart(heard.subarray(lastQuestion), rateHz) / 24;
    expect(Math.abs(earMs - mouthMs - ends[1]!.latency.mouth_to_ear_ms!)).toBeLessThan(60);
  });

  it('is reproducible to the millisecond', async () => {
    await start({ agent: { ...agent, greeting: 'Hello.' } });
    const run = async (): Promise<unknown[]> => {
      const { events } = await say(['book-my-appointment']);
      return events.map(({ type, turn, atMs }) => [type, turn, atMs]);
    };
    expect(await run()).toEqual(await run());
  });

  it('takes a typed turn, without speech, and answers it aloud', async () => {
    const at = await start({ agent: { ...agent, greeting: 'Hello.' } });
    let browser: SimulatedBrowser | null = null;
    const typing = once(
      ({ type, turn }) => type === 'turn.end' && turn === 0,
      // The page reports sound after silence, so the greeting must be over.
      () => at.clock.setTimer(500, () => browser!.type('book my appointment')),
    );
    const { events, recording } = await say(['silence', 'silence'], {
      onCaller: (caller) => {
        if (caller instanceof SimulatedBrowser) browser = caller;
      },
      onEvent: typing,
    });
    expect(at.relay.sessions).toHaveLength(0);
    expect(ofType(events, 'transcript.final')).toMatchObject([
      { turn: 1, text: 'book my appointment', typed: true },
    ]);
    expect(events.filter(({ type }) => type.startsWith('speech.'))).toEqual([]);
    const end = ofType(events, 'turn.end').at(-1)!;
    expect(end).toMatchObject({ turn: 1, heardText: 'Which day suits you?', aborted: null });
    expect(end.latency.ear).toBe('measured');
    expect(audibleEnd(recording!.agent, rateHz)).toBeGreaterThan(0);
  });

  it('survives a rough network: 5 % loss and 60 ms jitter change no word', async () => {
    const at = await start({ agent: { ...agent, greeting: 'Hello.' } });
    // Jitter is finer than the frames that it moves.
    at.stepMs = 4;
    const { events } = await say(['book-my-appointment', 'reschedule-for-friday'], {
      network: { lossShare: 0.05, jitterMs: 60, seed: 1 },
    });
    expect(texts(events)).toEqual(['book my appointment', 'reschedule for friday']);
    expect(ofType(events, 'turn.end').map(({ aborted }) => aborted)).toEqual([null, null, null]);
  });
});

describe('a visitor who talks over the agent', () => {
  it('hears it fall silent within 100 ms of the pause', async () => {
    const at = await start({ agent, stt: earFor('stop-and-cancel') });
    let [startMs, pausedMs] = [0, 0];
    const { events, recording } = await say(['stop-and-cancel'], {
      behaviour: { bargeInMs: 1500 },
      onEvent: ({ type }) => {
        if (type === 'session.start') startMs = at.clock.nowMs();
        if (type === 'agent.paused') pausedMs = at.clock.nowMs();
      },
    });
    const [cut] = ofType(events, 'agent.interrupted');
    expect(greeting.startsWith(cut!.heardText)).toBe(true);
    // Both timelines begin when the connection is up, in the same moment of virtual time.
    const from = (pausedMs - startMs + 100) * 24;
    const { agent: heard } = recording!;
    expect(rmsDbfs(heard, from - 400 * 24, from - 150 * 24)).toBeGreaterThan(-40);
    expect(audibleStart(heard.subarray(from, from + 300 * 24), rateHz)).toBe(300 * 24);
  });

  it('makes it pause with a sound like a voice, and only the cut word is played twice', async () => {
    await start({ agent, stt: earFor('cough'), turnTaking: { voiceThreshold: 0 } });
    const undisturbed = await say(['silence'], { behaviour: { answerWithinMs: 5000 } });
    const disturbed = await say(['cough'], { behaviour: { bargeInMs: 1000 } });
    expect(ofType(disturbed.events, 'agent.resumed')).toHaveLength(1);
    expect(ofType(disturbed.events, 'turn.end')).toMatchObject([{ heardText: greeting, aborted: null }]);
    const whole = soundOf(undisturbed.recording!.agent);
    const { before, after } = splitAtPause(disturbed.recording!.agent);
    // The codec is not exact, but shifted audio or another word would not be alike at all.
    expect(likeness(before, whole.subarray(0, before.length))).toBeGreaterThan(0.95);
    expect(likeness(after, whole.subarray(whole.length - after.length))).toBeGreaterThan(0.95);
    const againMs = (before.length + after.length - whole.length) / 24;
    expect(againMs).toBeGreaterThanOrEqual(-40);
    // No word of the greeting is longer than 900 ms.
    expect(againMs).toBeLessThan(900);
  });
});

describe('the end of a browser call', () => {
  const moments: readonly [string, number][] = [
    ['in silence', 500],
    ['while the greeting is heard', 2000],
    ['while the visitor speaks', 5200],
    ['while the answer is heard', 7000],
  ];

  it.each(drawn(moments, 2))('comes %s, and leaves nothing running', async (_when, afterMs) => {
    const at = await start({ agent, stt: earFor('book-my-appointment') });
    const leave = new AbortController();
    at.clock.setTimer(afterMs, () => leave.abort(new Error('the visitor leaves')));
    const { events, end } = await say(['book-my-appointment'], { signal: leave.signal });
    expect(ofType(events, 'tts.audio_start').length).toBe(ofType(events, 'tts.audio_end').length);
    expect(ofType(events, 'turn.end').length).toBeGreaterThanOrEqual(ofType(events, 'turn.start').length);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(end.how).toBe('caller_hung_up');
  });

  it('comes when the page closes its connection without a goodbye', async () => {
    await start({ agent: { ...agent, greeting: 'Hello.' }, stt: earFor('book-my-appointment') });
    let browser: SimulatedBrowser | null = null;
    const { events } = await say(['book-my-appointment'], {
      onCaller: (caller) => {
        if (caller instanceof SimulatedBrowser) browser = caller;
      },
      onEvent: once(
        ({ type, turn }) => type === 'tts.audio_start' && turn === 1,
        () => void browser!.vanish(),
      ),
    });
    expect(ofType(events, 'turn.end').at(-1)).toMatchObject({ turn: 1, aborted: 'hangup' });
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
  });

  it('comes from the agent’s side after the farewell was heard', async () => {
    await start({ agent: { ...agent, greeting: 'Hello.' }, stt: earFor('goodbye') });
    const { events, end, recording } = await say(['goodbye']);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'completed' });
    expect(end).toEqual({ how: 'relay_hung_up' });
    expect(audibleEnd(recording!.agent, rateHz)).toBeGreaterThan(audibleEnd(recording!.caller, rateHz));
  });
});

/** The stretch from the first to the last audible sample. */
function soundOf(samples: Int16Array): Int16Array {
  return samples.subarray(audibleStart(samples, rateHz), audibleEnd(samples, rateHz));
}

/** The sound before and after the longest silence in the middle of it. */
function splitAtPause(samples: Int16Array): { before: Int16Array; after: Int16Array } {
  const sound = soundOf(samples);
  const window = rateHz / 100;
  let longest = { start: 0, length: 0 };
  for (let at = 0, run = 0; at + window <= sound.length; at += window) {
    run = rmsDbfs(sound, at, at + window) < -50 ? run + window : 0;
    if (run > longest.length) longest = { start: at + window - run, length: run };
  }
  return {
    before: soundOf(sound.subarray(0, longest.start)),
    after: soundOf(sound.subarray(longest.start + longest.length)),
  };
}

/** How alike two sounds are, 1 for the same: the best correlation of their samples, one shifted by up to 20 ms. */
function likeness(one: Int16Array, other: Int16Array): number {
  const furthest = rateHz / 50;
  // Every eighth sample suffices to find the best shift, but not to tell how alike they are.
  let best = { shift: 0, likeness: -1 };
  for (let shift = -furthest; shift <= furthest; shift++) {
    const roughly = correlation(one, other, shift, furthest, 8);
    if (roughly > best.likeness) best = { shift, likeness: roughly };
  }
  return correlation(one, other, best.shift, furthest, 1);
}

/** The correlation of every `step`th sample of one sound with the other one, shifted; without `margin` at both ends. */
function correlation(
  one: Int16Array,
  other: Int16Array,
  shift: number,
  margin: number,
  step: number,
): number {
  let [product, square, otherSquare] = [0, 0, 0];
  for (let i = margin; i < one.length - margin; i += step) {
    const a = one[i] ?? 0;
    const b = other[i + shift] ?? 0;
    product += a * b;
    square += a * a;
    otherSquare += b * b;
  }
  return product / Math.sqrt(square * otherSquare);
}
