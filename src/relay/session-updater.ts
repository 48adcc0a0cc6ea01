/** Makes the parts of a running session after a change of its config, and loads those that are new. */
import { negotiateFormat } from '../audio/audio-frame.js';
import type { ChangedPart } from '../events/session-event.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import { oneErrorOf } from '../providers/provider-failures.js';
import type { PreparedChange, SessionChange, SessionUpdater } from '../session/session-change.js';
import type { SessionParts } from '../session/session-parts.js';
import { digitWordsOf } from '../session/turn-taking/digit-words.js';
import { transportOf } from '../transport/registry.js';
import { warm, type Providers } from './compose.js';
import type { ResolvedConfig, SessionConfig } from './config/config.js';
import { changedConfig, type ChangeContext } from './config/session-change.js';

export interface ConfigUpdaterOptions {
  /** The session's config, as the user wrote it. */
  readonly config: SessionConfig;
  /** Its parts. */
  readonly parts: SessionParts;
  readonly providers: Providers;
  readonly context: () => ChangeContext;
  /** Called with the notices of providers that were loaded. */
  readonly onNotices: (notices: readonly ProviderNotice[]) => void;
  /** Called with each config that the session takes. */
  readonly onChanged: (config: SessionConfig, resolved: ResolvedConfig) => void;
}

export class ConfigUpdater implements SessionUpdater {
  readonly #options: ConfigUpdaterOptions;
  #config: SessionConfig;
  #parts: SessionParts;
  /** The language of a session without an agent, if a change named one. */
  #language: string | undefined;

  constructor(options: ConfigUpdaterOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#parts = options.parts;
  }

  async prepare(change: SessionChange): Promise<PreparedChange> {
    const { providers, context, onNotices, onChanged } = this.#options;
    const { config, resolved } = changedConfig(this.#config, change, context());
    const { language = this.#language } = change;
    const parts = inLanguage(providers.parts(resolved, this.#parts.id), resolved, language);
    const changed = this.#changed(parts, change);
    onNotices(await loaded(parts, changed, resolved));
    return {
      parts,
      changed,
      accept: () => {
        this.#config = config;
        this.#parts = parts;
        this.#language = language;
        onChanged(config, resolved);
      },
    };
  }

  #changed(parts: SessionParts, { language, agent }: SessionChange): ChangedPart[] {
    const before = this.#parts;
    const known = before.agent?.language ?? this.#language;
    const changed: ChangedPart[] = [];
    if (language !== undefined && language !== known) changed.push('language');
    if (parts.stt !== before.stt) changed.push('stt');
    if (parts.llm !== before.llm) changed.push('llm');
    if (parts.tts !== before.tts) changed.push('tts');
    if (agent !== undefined) changed.push('agent');
    return changed;
  }
}

/** Without an agent only the digit words depend on the language. */
function inLanguage(
  parts: SessionParts,
  { agent, turnTaking }: ResolvedConfig,
  language?: string,
): SessionParts {
  if (agent || language === undefined || turnTaking.digitWords) return parts;
  return { ...parts, turnTaking: { ...parts.turnTaking, digitWords: digitWordsOf(language) } };
}

/** Loads and checks the new providers. Rejects with a provider's error; if several fail, with one that lists all. */
async function loaded(
  { stt, llm, tts }: SessionParts,
  changed: readonly ChangedPart[],
  { type }: ResolvedConfig,
): Promise<readonly ProviderNotice[]> {
  const results = await Promise.allSettled([
    changed.includes('stt') ? warm(stt) : [],
    changed.includes('llm') && llm ? warm(llm) : [],
    changed.includes('tts') ? warm(tts, negotiateFormat(transportOf(type).plays, tts.produces)) : [],
  ]);
  const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failures.length > 0) throw oneErrorOf(failures);
  return results.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}
