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
  let session: Session | null = null;
  let person: Caller | null = null;
  const at = await calls.start({ agent: { ...agent, greeting } }, (made) => (session = made));
  const result = await calls.say(sentences, {
    via,
    recordings: await fixturesFor(via, ...sentences),
    onCaller: (caller) => {
      person = caller;
      for (const ms of momentsMs)
        at.clock.setTimer(ms, () => {
          if (session && session.state !== 'ended') caller.dropConnection();
        });
    },
  });
  const { playout, sampleRateHz } = person!;
  return {
    ...result,
    messages: session!.messages,
    heardMs: (playout.heardSamples / sampleRateHz) * 1000,
    faults: person!.faults,
  };
}
