/** A caller who speaks when they spoke: one recording of a whole call, played through in real time, whoever else speaks. */
import { audibleEnd } from '../audio/silence.js';
import { within, type Clock } from '../clock.js';
import type { AgentVoice, SaidTurn, Speaker } from './conversation.js';
import type { Recording } from './recordings.js';

/** How long the relay may take to end a call that it had ended itself. */
const endsWithinMs = 10_000;

/**
 * Plays the recording from now on, pauses included. Resolves at its end; where the caller had not hung up, once the relay
 * has ended the call, or has not in ten seconds. Does not hang up.
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
  // The agent that hangs up a little earlier than it had cuts silence off, not words.
  const said = !call.over || saidMs >= (audibleEnd(samples, sampleRateHz) / sampleRateHz) * 1000;
  if (!hungUp) await within(clock, endsWithinMs, speaker.ended);
  return { name, said, answered: voice.beganMs !== null };
}
