/** The agent of `hzrelay dev`: the user's agent file, else the appointment desk. */
import { basename } from 'node:path';
import type { PageIntroduction, StageNames } from '../../call-view/introduction.js';
import { systemClock } from '../../core/clock.js';
import { configForAnyCall, resolveConfig, type RelaySessionConfig } from '../../relay/config/config.js';
import { stageNames } from '../../relay/config/stage-names.js';
import type { EnvironmentFile } from '../agent/environment-file.js';
import { loadAgentFile, type AgentFile } from '../agent/agent-file.js';
import { deskAgent, deskSuggestions } from '../appointment-desk-session.js';

/** The desk, with cloud providers where their keys are set. */
const deskSession: RelaySessionConfig = { agent: deskAgent };

export class DevAgent {
  readonly #file: AgentFile | null;

  private constructor(file: AgentFile | null) {
    this.#file = file;
  }

  /** Loads an agent file after its `.env`; null means the desk. Throws a UsageError. The caller closes it. */
  static async load(path: string | null, environment: EnvironmentFile): Promise<DevAgent> {
    return new DevAgent(path === null ? null : await loadAgentFile(path, systemClock, environment));
  }

  /** The config of the next call. */
  get session(): RelaySessionConfig {
    return this.#file?.session ?? deskSession;
  }

  /** The file's name; null for the appointment desk. */
  get fileName(): string | null {
    return this.#file ? basename(this.#file.path) : null;
  }

  /** What the test page says of it. */
  get introduction(): PageIntroduction {
    const { fileName, providers } = this;
    return fileName === null
      ? { agent: 'an appointment desk', providers, suggestions: deskSuggestions }
      : { agent: `the agent in ${fileName}`, providers };
  }

  get providers(): StageNames {
    return stageNames(resolveConfig(configForAnyCall(this.session)));
  }

  /** Reports each saved change: once the next call uses it, or the problem if it is invalid. */
  watch(onReload: (session: RelaySessionConfig) => void, onProblem: (message: string) => void): void {
    this.#file?.watch({ onReload: () => onReload(this.session), onProblem });
  }

  close(): void {
    this.#file?.close();
  }
}
