import type { AgentTool, AgentTools, ToolSchemas } from '../../session/agent-tools.js';
import type { z } from 'zod';
import type { AgentConfig, RelaySessionConfig } from './config.js';
import { spokenBy } from './voice-name.js';

/** An agent in one object: its instructions and tools, and the rest of its sessions' config. */
export interface AgentDefinition<Schemas extends ToolSchemas = ToolSchemas>
  extends AgentConfig<Schemas>, Omit<RelaySessionConfig, 'agent'> {
  /**
   * The agent's voice, if `tts` is left out: a voice of one of your `providers`, an embedded voice (`slt`, `rms`, …),
   * or the id of a cloud voice.
   */
  readonly voice?: string;
}

/**
 * Makes a session config from an agent, for the default export of `hzrelay.config.ts` or the `session` of
 * `createRelay`.
 */
export function defineAgent<Schemas extends ToolSchemas>(
  definition: AgentDefinition<Schemas>,
): RelaySessionConfig {
  const { systemPrompt, greeting, language, tools, apology, apologyVoice, afterFailure, ...more } =
    definition;
  const { filler, fillerAfterMs, reasoningEvents, voice, ...session } = more;
  const agent = {
    systemPrompt,
    greeting,
    language,
    // Each tool's arguments are typed by its own schema, so the tools have no common type.
    tools: tools as AgentTools | undefined,
    apology,
    apologyVoice,
    afterFailure,
    filler,
    fillerAfterMs,
    reasoningEvents,
  };
  return {
    ...session,
    ...(voice !== undefined &&
      session.tts === undefined && { tts: spokenBy(voice, session.providers ?? []) }),
    // Undefined fields count as left out.
    agent,
  };
}

/** Types the arguments of `execute` by the schema in `parameters`. Returns the tool unchanged. */
export function defineTool<Schema extends z.ZodType>(tool: AgentTool<Schema>): AgentTool<Schema> {
  return tool;
}
