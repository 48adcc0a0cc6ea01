/** A relay for one call. It is most of the program, so a replay to a running relay does not load it. */
import type { Clock } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import { createRelay } from '../../relay/create.js';
import { answeringAgent, type AgentChoice } from '../call/answering-agent.js';
import { speculating } from '../speculating.js';
import { orAborted } from '../exit.js';
import { note, progress } from '../terminal.js';
import type { ReplayTarget } from './replay-target.js';

/**
 * A new relay on a free port, with the user's agent if there is one, else with the embedded appointment desk. The caller
 * closes it. Throws a UsageError if the agent's file is invalid.
 */
export async function ownTarget(
  signal: AbortSignal,
  choice: AgentChoice & { readonly speculation?: boolean },
  clock: Clock,
): Promise<ReplayTarget> {
  const session = speculating(await answeringAgent(choice, clock), choice.speculation ?? true);
  progress('Starting a relay and loading its speech models.');
  const relay = createRelay({
    session,
    port: 0,
    onNotice: ({ level, message }) => {
      if (level !== 'info') note(`${level === 'warn' ? 'warning' : level}: ${message}`);
    },
  });
  await orAborted(relay.listen(), signal);
  const subscribe = (listener: (event: SessionEvent) => void): (() => void) => {
    relay.on('*', listener);
    return () => relay.off('*', listener);
  };
  return { url: relay.url, events: { subscribe }, close: () => relay.close() };
}
