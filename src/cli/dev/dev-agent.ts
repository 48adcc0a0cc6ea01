/** The agent of `hzrelay dev`: the user's agent file, else the appointment desk. */
import { basename } from 'node:path';
import { systemClock } from '../../core/clock.js';
import { functionModelName } from '../../providers/function-model.js';
import { configForAnyCall, resolveConfig, type RelaySessionConfig } from '../../relay/config/config.js';
import type { NamedProvider } from '../../relay/config/provider-config.js';
import type { EnvironmentFile } from '../agent/environment-file.js';
import { loadAgentFile, type AgentFile } from '../agent/agent-file.js';
import { deskAgent } from '../appointment-desk-session.js';

/** The desk, with cloud providers where their keys are set. */
const deskSession: RelaySessionConfig = { agent: deskAgent };

/** The first provider of each stage, and its number of fallbacks (`deepgram +1`). */
export interface StageNames {
  readonly stt: string;
  readonly llm: string;
  readonly tts: string;
}

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

  get providers(): StageNames {
    const { stt, llm, tts } = resolveConfig(configForAnyCall(this.session));
    return { stt: named(stt), llm: named(llm), tts: named(tts) };
  }

  /** Reports each saved change: once the next call uses it, or the problem if it is invalid. */
  watch(onReload: (session: RelaySessionConfig) => void, onProblem: (message: string) => void): void {
    this.#file?.watch({ onReload: () => onReload(this.session), onProblem });
  }

  close(): void {
    this.#file?.close();
  }
}

type Named = NamedProvider | { readonly name: string } | ((...args: never[]) => unknown);

function named(list: readonly Named[]): string {
  const [first] = list;
  if (!first) return 'none';
  const name = nameOf(first);
  return list.length > 1 ? `${name} +${list.length - 1}` : name;
}

/** As events and errors name it. A function's own name would be that of the field it stands in. */
function nameOf(one: Named): string {
  if (typeof one === 'function') return functionModelName;
  return 'definition' in one ? one.definition.name : one.name;
}
