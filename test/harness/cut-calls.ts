/** Calls whose connection breaks, on virtual time. */
import type { Caller } from '#src/replay/caller.js';
import type { Session } from '#src/session/session.js';
import type { TransportType } from '#src/transport/transport.js';
import { agent, greeting, type PhoneConversations } from './phone-conversations.js';
import { fixturesFor } from './recordings.js';

const sentences = ['book-my-appointment', 'reschedule-for-friday'];

export type CutCall = Awaited<ReturnType<typeof callCutAt>>;

/** A whole call in which the connection breaks at these moments, with what the caller heard of the agent. */
export async function callCutAt(calls: PhoneConversations, via: TransportType, momentsMs: readonly number[]) {
  const made: Session[] = [];
  const people: Caller[] = [];
  const at = await calls.start({ agent: { ...agent, greeting } }, (session) => made.push(session));
  const result = await calls.say(sentences, {
    via,
    recordings: await fixturesFor(via, ...sentences),
    onCaller: (caller) => {
      people.push(caller);
      for (const ms of momentsMs)
        at.clock.setTimer(ms, () => {
          if (made[0] && made[0].state !== 'ended') caller.dropConnection();
        });
    },
  });
  const [session, person] = [made[0], people[0]];
  if (!session || !person) throw new Error('There was no call.');
  const { playout, sampleRateHz } = person;
  return {
    ...result,
    messages: session.messages,
    heardMs: (playout.heardSamples / sampleRateHz) * 1000,
    faults: person.faults,
  };
}
