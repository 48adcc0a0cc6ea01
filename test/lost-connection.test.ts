/** A call whose connection breaks: the session waits, and the conversation goes on where it broke off. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '#src/events/session-event.js';
import { callCutAt, type CutCall } from './harness/cut-calls.js';
import { PhoneConversations } from './harness/phone-conversations.js';
import { ofType } from './harness/session-events.js';
import { drawn } from './harness/thorough.js';

const calls = new PhoneConversations();
/** Longer than any word of the agent. */
const longestWordMs = 800;
/** Every 200 ms of the whole conversation. */
const moments = Array.from({ length: 60 }, (_, index) => 200 * (index + 1));

beforeAll(() => calls.warmUp());
afterEach(() => calls.end());
afterAll(() => calls.close());

/** What was said and heard, without times. */
function lanes(events: readonly SessionEvent[]): unknown {
  return {
    caller: ofType(events, 'transcript.final').map(({ text }) => text),
    agent: ofType(events, 'turn.end').map(({ heardText, aborted }) => ({ heardText, aborted })),
  };
}

describe.each(['twilio', 'webrtc'] as const)('a call over %s whose connection breaks', (via) => {
  let whole: CutCall;

  beforeAll(async () => {
    whole = await callCutAt(calls, via, []);
    await calls.end();
  });

  it.each(drawn(moments, 2))('after %i ms goes on, and loses and repeats no word', async (ms) => {
    const cut = await callCutAt(calls, via, [ms]);
    expect(lanes(cut.events)).toEqual(lanes(whole.events));
    expect(cut.messages).toEqual(whole.messages);
    expect(cut.faults).toEqual([]);
    const times = ms < whole.events.at(-1)!.atMs ? 1 : 0;
    expect(ofType(cut.events, 'session.reconnecting')).toHaveLength(times);
    expect(ofType(cut.events, 'session.reconnected')).toHaveLength(times);
    // The cut word is heard twice, and nothing else is.
    const repeatedMs = cut.heardMs - whole.heardMs;
    expect(repeatedMs).toBeGreaterThanOrEqual(-20);
    expect(repeatedMs).toBeLessThan(longestWordMs);
    expect(cut.events.at(-1)).toMatchObject({ reason: 'hangup' });
  });

  it('again and again goes on each time', async () => {
    const cut = await callCutAt(calls, via, [900, 2300, 2500, 4100, 6100, 8900]);
    expect(lanes(cut.events)).toEqual(lanes(whole.events));
    expect(ofType(cut.events, 'session.reconnected')).toHaveLength(6);
  });
});
