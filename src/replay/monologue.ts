/** A caller that plays one recording of a whole call in real time, even while the agent speaks. */
import { audibleEnd } from '../audio/silence.js';
import { within, type Clock } from '../core/clock.js';
import type { AgentVoice, SaidTurn, Speaker } from './conversation.js';
import type { Recording } from './recordings.js';

/** How long the relay may take to end the call, if it ended the recorded one. */
const endsWithinMs = 10_000;
/** The same while the agent's turn is in progress, for example while a tool works. */
const turnEndsWithinMs = 30_000;

/**
 * Plays the recording from now on, pauses included. Resolves at its end if the caller hung up the recorded call; else
 * once the relay has ended the call, at most ten seconds later, or thirty during an agent's turn. Does not hang up.
 */
export async function holdMonologue(
  speaker: Speaker,
  voice: AgentVoice,
  { name, samples, sampleRateHz }: Recording,
  clock: Clock,
  { hungUp }: { readonly hungUp: boolean },
): Promise<SaidTurn> {
  const startMs = clock.nowMs();
  const call = { over: false };
  void speaker.ended.then(() => (call.over = true));
  await speaker.say(samples);
  const saidMs = clock.nowMs() - startMs;
  // An agent that hangs up a little earlier than in the recording cuts off only silence.
  const said = !call.over || saidMs >= (audibleEnd(samples, sampleRateHz) / sampleRateHz) * 1000;
  if (!hungUp) await within(clock, endsWithinMs, speaker.ended);
  if (!hungUp && voice.isTurnOpen) await within(clock, turnEndsWithinMs - endsWithinMs, speaker.ended);
  const isCutOff = !hungUp && !call.over && voice.isTurnOpen;
  return { name, said, answered: voice.beganMs !== null && !isCutOff };
}
