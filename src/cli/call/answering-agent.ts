import type { Clock } from '../../clock.js';
import type { RelaySessionConfig } from '../../server/config.js';
import { findAgentFile, loadAgentFile } from '../agent-file.js';
import { appointmentDeskSession } from '../appointment-desk-session.js';
import { UsageError } from '../exit.js';

export interface AgentChoice {
  /** The agent's file. @default a `hzrelay.config.*` in the working directory */
  readonly agent?: string;
  /** What it says first, instead of its own greeting. */
  readonly say?: string;
}

/**
 * The session that answers on a relay of our own: the user's agent where there is one, else the embedded appointment desk.
 * Throws a UsageError that says what is wrong with the file, or that there is no agent to say something.
 */
export async function answeringAgent({ agent, say }: AgentChoice, clock: Clock): Promise<RelaySessionConfig> {
  const path = findAgentFile(agent);
  const session = path === null ? appointmentDeskSession : (await loadAgentFile(path, clock)).session;
  if (say === undefined) return session;
  if (!session.agent)
    throw new UsageError(
      `--say is said by the agent, and ${path ?? 'the config'} has none: it drives its sessions itself.`,
    );
  return { ...session, agent: { ...session.agent, greeting: say } };
}
