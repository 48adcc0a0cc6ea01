/** Microphones that fail, are switched off or stall during speech, on both transports. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { Caller, Uplink } from '#src/replay/caller.js';
import type { ReplayResult } from '#src/replay/replay-call.js';
import { SimulatedBrowser } from '#src/simulators/browser/simulated-browser.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import type { TransportType } from '#src/transport/transport.js';
import { earFor } from './harness/ear-for.js';
import { fixturesFor } from './harness/recordings.js';
import { drawn } from './harness/thorough.js';
import { ScriptedSpeechToText } from './harness/scripted-speech-to-text.js';
import { ofType } from './harness/session-events.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';

const transports: readonly TransportType[] = ['twilio', 'webrtc'];
const agent = { systemPrompt: 'You run an appointment desk.' };

const voices = new TestVoices();
let relay: VirtualRelay | null = null;

afterEach(async () => {
  await relay?.close();
  expect(relay?.clock.pendingTimers).toBe(0);
  relay = null;
});
afterAll(() => voices.close());

/** A change of the uplink, at a time after the caller has begun to speak. */
interface Change {
  readonly afterMs: number;
  readonly uplink: Uplink;
  readonly then?: (caller: Caller) => void;
}

/**
 * A call whose uplink changes during the caller's first speech. Also returns the time of the change, and the media's state in
 * the metrics at each warning and return.
 */
async function call(
  via: TransportType,
  names: readonly string[],
  changes: readonly Change[],
  session: Partial<SessionConfig> = {},
): Promise<
  ReplayResult & { readonly changedMs: readonly number[]; readonly mediaStates: readonly unknown[] }
> {
  relay = await VirtualRelay.start(voices, { agent, ...session });
  const { clock } = relay;
  const changedMs: number[] = [];
  const mediaStates: unknown[] = [];
  let caller: Caller | null = null;
  let startedMs = 0;
  let spoke = false;
  const result = await relay.run(
    relay.call({
      via,
      recordings: await fixturesFor(via, ...names),
      onCaller: (placed) => (caller = placed),
      onEvent: ({ type, atMs }) => {
        if (type === 'warning' || type === 'media.resumed')
          mediaStates.push(relay?.relay.sessions[0]?.getMetrics().media);
        if (type === 'session.start') startedMs = clock.nowMs() - atMs;
        if (type !== 'speech.start' || spoke) return;
        spoke = true;
        for (const { afterMs, uplink, then } of changes)
          clock.setTimer(afterMs, () => {
            changedMs.push(clock.nowMs() - startedMs);
            caller!.setUplink(uplink);
            then?.(caller!);
          });
      },
    }),
  );
  return { ...result, changedMs, mediaStates };
}

/** A recogniser that gives the next answer each time the caller stops. */
function recogniser(...answers: readonly string[]): ScriptedSpeechToText {
  const rest = [...answers];
  return new ScriptedSpeechToText({
    onOpen: (stream) => {
      stream.flush = () => queueMicrotask(() => stream.answer(rest.shift() ?? ''));
    },
  });
}

describe.each(transports)('a microphone (%s)', (via) => {
  it('that dies during speech makes a turn of the words so far, which is answered', async () => {
    const { events, changedMs } = await call(
      via,
      ['book-my-appointment', 'silence'],
      [{ afterMs: 1000, uplink: 'dead' }],
      { stt: recogniser('book my') },
    );
    const [end] = ofType(events, 'speech.end');
    expect(end!.atMs - changedMs[0]!).toBeGreaterThanOrEqual(900);
    expect(end!.atMs - changedMs[0]!).toBeLessThanOrEqual(1300);
    expect(end!.lastSpeechMs).toBeLessThanOrEqual(changedMs[0]! + 20);
    const [final] = ofType(events, 'transcript.final');
    expect(final?.text).toBe('book my');
    expect(ofType(events, 'turn.end')[0]).toMatchObject({ turn: 1, aborted: null });
    expect(ofType(events, 'turn.end')[0]?.heardText).not.toBe('');
  });

  it('that is dead for seconds is reported once, within 3 s, and so is its return', async () => {
    const { events, changedMs, mediaStates } = await call(
      via,
      ['book-my-appointment', 'silence'],
      [
        { afterMs: 2500, uplink: 'dead' },
        { afterMs: 8500, uplink: 'open' },
      ],
      { stt: earFor('book-my-appointment') },
    );
    const [stopped, ...more] = ofType(events, 'warning');
    expect(stopped).toMatchObject({ code: 'media_stopped' });
    expect(more).toEqual([]);
    expect(stopped!.atMs - changedMs[0]!).toBeGreaterThan(2900);
    expect(stopped!.atMs - changedMs[0]!).toBeLessThanOrEqual(3000);
    const [resumed, ...again] = ofType(events, 'media.resumed');
    expect(resumed!.gapMs).toBeCloseTo(6000, -2);
    expect(again).toEqual([]);
    expect(mediaStates).toEqual(['stopped', 'flowing']);
  });
});

describe.each(drawn(transports, 1))('a microphone (%s)', (via) => {
  it('that comes back takes the next turn', async () => {
    const { events } = await call(
      via,
      ['book-my-appointment', 'reschedule-for-friday'],
      [
        { afterMs: 1000, uplink: 'dead' },
        { afterMs: 3000, uplink: 'open' },
      ],
      { stt: recogniser('book my', 'reschedule for friday') },
    );
    expect(ofType(events, 'transcript.final').at(-1)?.text).toBe('reschedule for friday');
    expect(ofType(events, 'speech.end')).toHaveLength(ofType(events, 'speech.start').length);
  });

  it('that dies in silence ends nothing', async () => {
    const { events } = await call(
      via,
      ['book-my-appointment', 'silence'],
      [{ afterMs: 2500, uplink: 'dead' }],
      { stt: earFor('book-my-appointment') },
    );
    expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual(['book my appointment']);
    expect(ofType(events, 'speech.end')).toHaveLength(1);
    expect(ofType(events, 'turn.end')).toMatchObject([{ turn: 1, aborted: null }]);
  });

  it.each(drawn([200, 500, 900], 1))(
    'that stalls for %i ms, and then delivers its audio at once, loses nothing',
    async (ms) => {
      const { events } = await call(
        via,
        ['book-my-appointment'],
        [
          { afterMs: 300, uplink: 'stalled' },
          { afterMs: 300 + ms, uplink: 'open' },
        ],
      );
      expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual(['book my appointment']);
      expect(ofType(events, 'speech.end')).toHaveLength(1);
    },
  );
});

describe('a typed turn', () => {
  it('is answered although the microphone died during speech', async () => {
    const { events } = await call(
      'webrtc',
      ['book-my-appointment', 'silence'],
      [
        {
          afterMs: 300,
          uplink: 'dead',
          then: (caller) => {
            if (caller instanceof SimulatedBrowser) caller.type('book my appointment');
          },
        },
      ],
      { stt: recogniser('') },
    );
    expect(ofType(events, 'transcript.final')).toMatchObject([{ text: 'book my appointment', typed: true }]);
    expect(ofType(events, 'turn.end')[0]).toMatchObject({ heardText: 'Which day suits you?', aborted: null });
  });
});
