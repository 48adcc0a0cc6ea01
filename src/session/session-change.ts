/** Changing a session while its call runs: what may change, and where the new parts come from. */
import type { ChangedPart } from '../events/session-event.js';
import type { AgentTools, ToolSchemas } from './agent-tools.js';
import type { SessionAgent, SessionParts } from './session-parts.js';

/**
 * What `Session.update()` changes. The providers' fields are declared where their configs are known:
 * `relay/config/session-change.ts`.
 */
export interface SessionChange<Schemas extends ToolSchemas = ToolSchemas> {
  /**
   * The language of the agent, and of every recogniser and voice by name whose config has a field for it, unless this
   * change sets that field.
   */
  readonly language?: string;
  /** The agent's voice, if `tts` is left out, as in `defineAgent()`. */
  readonly voice?: string;
  /** Fields of the agent. Those that are left out stay as they are. A greeting is not spoken once the call has begun. */
  readonly agent?: AgentChange<Schemas>;
}

/** The changed fields of an agent. */
export interface AgentChange<Schemas extends ToolSchemas = ToolSchemas> extends Partial<
  Omit<SessionAgent, 'tools' | 'afterFailure'>
> {
  readonly tools?: AgentTools<Schemas>;
  readonly afterFailure?: 'go_on' | 'end';
}

/** A session's parts after a change, loaded and checked. */
export interface PreparedChange {
  readonly parts: SessionParts;
  /** The parts that differ from those before. */
  readonly changed: readonly ChangedPart[];
  /** Tells the updater that the session takes these parts. */
  accept(): void;
}

/** Makes the parts of a session after a change. */
export interface SessionUpdater {
  /**
   * The parts after all accepted changes and this one. Rejects with a ConfigError, or with a ProviderError where a new
   * provider cannot be used. Not called again before it has settled.
   */
  prepare(change: SessionChange): Promise<PreparedChange>;
}
