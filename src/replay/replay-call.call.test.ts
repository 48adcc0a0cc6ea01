/** Calls to a relay elsewhere, in real time: all that the caller learns of the session comes over the network. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { audibleStart } from '../audio/silence.js';
import { systemClock } from '../core/clock.js';
import { createRelay } from '../relay/create.js';
import type { Relay } from '../relay/relay.js';
import { lightSession } from '../../test/harness/light-relay.js';
import type { TransportType } from '../transport/transport.js';
import type { Recording } from './recordings.js';
import { callerRatesHz, replayCall, type ReplayCallOptions, type ReplayResult } from './replay-call.js';

let relay: Relay;

beforeAll(async () => {
  const { stt, tts } = lightSession();
  relay = createRelay({
    session: { stt, tts },
    port: 0,
    maxSessions: 1,
    // Reachable from outside, so that it wants its token.
    host: '0.0.0.0',
    twilioAuthToken: 'twilio-secret',
    onSession: (session) => void session.speak('Hello.'),
  });
  await relay.listen();
});
afterAll(() => relay.close());

/** Half a second of sound. */
function sound(sampleRateHz: number): Recording {
  const samples = Int16Array.from({ length: sampleRateHz / 2 }, (_, i) => (i % 40 < 20 ? 6000 : -6000));
  return { path: '/sound.wav', name: 'sound.wav', samples, sampleRateHz };
}

function replay(via: TransportType, options: Partial<ReplayCallOptions> = {}): Promise<ReplayResult> {
  return replayCall({
    url: relay.url,
    events: { token: relay.access.token },
    via,
    recordings: [sound(callerRatesHz[via])],
    clock: systemClock,
    authToken: 'twilio-secret',
    behaviour: { finishedAfterMs: 600, greetingWithinMs: 10_000, answerWithinMs: 300 },
    ...options,
  });
}

describe('a replayed call to another relay', () => {
  it.each(['twilio', 'webrtc'] as const)('has its own events, the last ones too, over %s', async (via) => {
    const { events, turns, end, recording } = await replay(via);
    expect(events[0]).toMatchObject({ type: 'session.start', transport: via });
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(turns).toEqual([{ name: 'sound.wav', said: true, answered: false }]);
    expect(end.how).toBe('caller_hung_up');
    expect(recording!.sampleRateHz).toBe(callerRatesHz[via]);
    const agentStart = audibleStart(recording!.agent, recording!.sampleRateHz);
    expect(agentStart).toBeLessThan(recording!.agent.length);
  });

  it('from a browser is refused without the relay’s token', async () => {
    const events = { subscribe: () => () => undefined };
    await expect(replay('webrtc', { events })).rejects.toThrow(/set HZRELAY_TOKEN to what it printed/);
  });

  it('from a browser is busy where the relay has no place', async () => {
    const busy: ReplayResult[] = [];
    await replay('twilio', {
      onEvent: ({ type }) => {
        if (type === 'session.start') void replay('webrtc').then((result) => busy.push(result));
      },
    });
    expect(busy).toMatchObject([{ end: { how: 'rejected' }, events: [], recording: null }]);
    expect(busy[0]?.end.reason).toContain('busy');
  });

  it('needs recordings at the caller’s rate', async () => {
    await expect(replay('webrtc', { recordings: [sound(8000)] })).rejects.toThrow(
      /sound\.wav is at 8000 Hz; this caller speaks at 24000 Hz/,
    );
  });

  it('leaves nothing behind', () => {
    expect(relay.sessions).toHaveLength(0);
  });
});
