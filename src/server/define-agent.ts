import { fliteVoices, type FliteVoice } from '../tts/local/flite.js';
import type { AgentTool } from '../session/agent-tools.js';
import type { z } from 'zod';
import type { AgentConfig, RelaySessionConfig } from './config.js';

/** An agent in one object: what it is told and may do, and whatever else its sessions need. */
export interface AgentDefinition extends AgentConfig, Omit<RelaySessionConfig, 'agent'> {
  /**
   * How it sounds, where `tts` is left out: a voice of the embedded provider (`slt`, `rms`, …), or the id of a voice at
   * ElevenLabs.
   */
  readonly voice?: string;
}

/** Makes a session config of an agent: the default export of `hzrelay.config.ts`, or the `session` of `createRelay`. */
export function defineAgent(definition: AgentDefinition): RelaySessionConfig {
  const { systemPrompt, greeting, language, tools, apology, apologyVoice, afterFailure, ...more } =
    definition;
  const { filler, fillerAfterMs, voice, ...session } = more;
  const agent = {
    systemPrompt,
    greeting,
    language,
    tools,
    apology,
    apologyVoice,
    afterFailure,
    filler,
    fillerAfterMs,
  };
  return {
    ...session,
    ...(voice !== undefined && session.tts === undefined && { tts: spokenBy(voice) }),
    // What is undefined counts as left out.
    agent: agent,
  };
}

/** A tool whose `execute` gets the arguments that `parameters` describes, typed; at run time the tool itself. */
export function defineTool<Schema extends z.ZodType>(tool: AgentTool<Schema>): AgentTool<Schema> {
  return tool;
}

function spokenBy(voice: string): NonNullable<RelaySessionConfig['tts']> {
  return isFliteVoice(voice) ? { provider: 'local', voice } : { provider: 'elevenlabs', voiceId: voice };
}

function isFliteVoice(voice: string): voice is FliteVoice {
  return (fliteVoices as readonly string[]).includes(voice);
}
