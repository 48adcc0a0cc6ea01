import type { Clock } from '../../core/clock.js';
import type { RelaySessionConfig } from '../../relay/config/config.js';
import { findAgentFile, loadAgentFile } from '../agent/agent-file.js';
import { appointmentDeskSession } from '../appointment-desk-session.js';
import { UsageError } from '../exit.js';

export interface AgentChoice {
  /** The agent's file. @default a `hzrelay.config.*` in the working directory */
  readonly agent?: string;
  /** Replaces its greeting. */
  readonly say?: string;
}

/**
 * The session config of a new relay: the user's agent if there is one, else the embedded appointment desk. Throws a
 * UsageError if the file is invalid, or if `say` is given and the config has no agent.
 */
export async function answeringAgent({ agent, say }: AgentChoice, clock: Clock): Promise<RelaySessionConfig> {
  const path = findAgentFile(agent);
  const session = path === null ? appointmentDeskSession : (await loadAgentFile(path, clock)).session;
  if (say === undefined) return session;
  if (!session.agent)
    throw new UsageError(
      `--say sets the agent's first words, but ${path ?? 'the config'} has no agent: it drives its sessions itself.`,
    );
  return { ...session, agent: { ...session.agent, greeting: say } };
}
