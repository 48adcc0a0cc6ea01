/** Who answers in `hzrelay dev`: the user's agent file, or else the appointment desk. */
import { basename } from 'node:path';
import { systemClock } from '../../clock.js';
import { configForCall, resolveConfig, type RelaySessionConfig } from '../../server/config.js';
import { loadAgentFile, type AgentFile } from '../agent-file.js';
import { deskAgent } from '../appointment-desk-session.js';

/** The desk, with the clouds' providers where their keys are set. */
const deskSession: RelaySessionConfig = { agent: deskAgent };

/** The first provider of each stage, and how many stand behind it (`deepgram +1`). */
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

  /** Loads the agent of a file; null for the appointment desk. Throws a UsageError. Whoever loads it closes it. */
  static async load(path: string | null): Promise<DevAgent> {
    return new DevAgent(path === null ? null : await loadAgentFile(path, systemClock));
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
    const { stt, llm, tts } = resolveConfig(configForCall(this.session, 'twilio'));
    return { stt: named(stt), llm: named(llm), tts: named(tts) };
  }

  /** Tells of saved changes, once the next call gets them, and of those that cannot be used. */
  watch(onReload: (session: RelaySessionConfig) => void, onProblem: (message: string) => void): void {
    this.#file?.watch({ onReload: () => onReload(this.session), onProblem });
  }

  close(): void {
    this.#file?.close();
  }
}

type Named = { readonly provider: string } | { readonly name: string } | ((...args: never[]) => unknown);

function named(list: readonly Named[]): string {
  const [first] = list;
  if (!first) return 'none';
  const name = 'provider' in first ? first.provider : first.name;
  return list.length > 1 ? `${name} +${list.length - 1}` : name;
}
