/** A phone call whose media socket breaks: the session waits, and the conversation goes on where it broke off. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '#src/events/session-event.js';
import { SimulatedPhone } from '#src/simulators/phone/simulated-phone.js';
import type { Session } from '#src/session/session.js';
import { agent, greeting, PhoneConversations } from './harness/phone-conversations.js';
import { ofType } from './harness/session-events.js';
import { drawn } from './harness/thorough.js';

const calls = new PhoneConversations();
const sentences = ['book-my-appointment', 'reschedule-for-friday'];
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

async function callCutAt(momentsMs: readonly number[]) {
  let session: Session | null = null;
  const at = await calls.start({ agent: { ...agent, greeting } }, (made) => (session = made));
  const result = await calls.say(sentences, {
    onCaller: (caller) => {
      if (!(caller instanceof SimulatedPhone)) throw new Error('It is no phone.');
      for (const ms of momentsMs)
        at.clock.setTimer(ms, () => {
          if (session && session.state !== 'ended') caller.dropConnection();
        });
    },
  });
  return { ...result, messages: session!.messages };
}

describe('a phone call whose socket breaks', () => {
  it.each(drawn(moments, 6))('after %i ms goes on, and loses and repeats no word', async (ms) => {
    const whole = await callCutAt([]);
    await calls.end();
    const cut = await callCutAt([ms]);
    expect(lanes(cut.events)).toEqual(lanes(whole.events));
    expect(cut.messages).toEqual(whole.messages);
    expect(ofType(cut.events, 'session.reconnected')).toHaveLength(
      ofType(cut.events, 'session.reconnecting').length,
    );
    expect(cut.events.at(-1)).toMatchObject({ reason: 'hangup' });
  });
});
