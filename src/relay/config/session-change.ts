/** The change of a running session as users write it, its validation, and the config after it. */
import { z } from 'zod';
import { ConfigError, type ConfigProblem, type ProviderKind } from '../../core/errors.js';
import type { AnyDefinition } from '../../providers/provider-definition.js';
import type { ProviderRegistry } from '../../providers/registry.js';
import { isObject } from '../../providers/shape.js';
import type { SessionChange } from '../../session/session-change.js';
import { agentShape, registryOf, resolveConfig, type ResolvedConfig, type SessionConfig } from './config.js';
import { problemsOf } from './config-problems.js';
import type { Environment } from './provider-config.js';
import { spokenBy } from './voice-name.js';

declare module '../../session/session-change.js' {
  interface SessionChange {
    /** Speech to text, as in a session's config. */
    readonly stt?: SessionConfig['stt'];
    /** The language model, as in a session's config. */
    readonly llm?: SessionConfig['llm'];
    /** Text to speech, as in a session's config. */
    readonly tts?: SessionConfig['tts'];
  }
}

/** Where names of providers and their keys are looked up. */
export interface ChangeContext {
  readonly env: Environment;
  /** The relay's own providers. */
  readonly own: readonly AnyDefinition[];
}

/** The config after a change, as a user would have written it, and with every default. */
export interface ChangedConfig {
  readonly config: SessionConfig;
  readonly resolved: ResolvedConfig;
}

const shape = z.strictObject({
  language: z.string().min(2).optional(),
  voice: z.string().min(1).optional(),
  stt: z.unknown().optional(),
  llm: z.unknown().optional(),
  tts: z.unknown().optional(),
  agent: agentShape.partial().optional(),
});

/** The config after the change. Throws a ConfigError that lists every problem. */
export function changedConfig(
  config: SessionConfig,
  change: SessionChange,
  { env, own }: ChangeContext,
): ChangedConfig {
  const parsed = shape.safeParse(change, { reportInput: true });
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, '', shape));
  const given = isObject(change) ? change : {};
  if (given.agent !== undefined && config.agent === undefined)
    problems.push({
      field: 'agent',
      problem: 'cannot be changed: the session has none, your code answers with speak().',
      remedy: 'Leave it out, or make the session with an agent.',
    });
  const registry = registryOf([...own, ...(config.providers ?? [])], []);
  const next = withChange(config, given, { registry, env });
  try {
    const resolved = resolveConfig(next, env, own);
    if (problems.length === 0) return { config: next, resolved };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const isNew = ({ field }: ConfigProblem): boolean => problems.every((known) => known.field !== field);
    problems.push(...thrown.problems.filter(isNew));
  }
  throw new ConfigError(problems);
}

/** Where definitions are looked up. */
interface Lookup {
  readonly registry: ProviderRegistry;
  readonly env: Environment;
}

function withChange(config: SessionConfig, change: SessionChange, lookup: Lookup): SessionConfig {
  const { language, voice, agent } = change;
  const isTag = typeof language === 'string' && language !== '';
  const { stt = config.stt, llm = config.llm } = change;
  const voiced = typeof voice === 'string' ? withVoice(config, voice, lookup) : config.tts;
  const { tts = voiced } = change;
  const spoken = (kind: 'stt' | 'tts', now: unknown): unknown =>
    isTag ? inLanguage(kind, now, { language, isNew: change[kind] !== undefined, lookup }) : now;
  return {
    ...config,
    stt: spoken('stt', stt) as SessionConfig['stt'],
    llm,
    tts: spoken('tts', tts) as SessionConfig['tts'],
    ...(config.agent && { agent: { ...config.agent, ...(isTag && { language }), ...given(agent) } }),
  };
}

/** The fields that are given: those that are undefined count as left out. */
function given(fields: unknown): object {
  if (!isObject(fields)) return {};
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The config's voices with another name of the voice, if the first one may know it; else another provider's voice. */
function withVoice({ tts }: SessionConfig, name: string, { registry }: Lookup): SessionConfig['tts'] {
  const list = listOf(tts);
  const [first, ...rest] = list;
  const own = providerOf(first);
  const voice = own === null ? undefined : registry.find('tts', own)?.voice;
  const knows = voice && (voice.names ? voice.names.includes(name) : voice.isId?.(name) !== false);
  if (voice && knows && isObject(first)) return oneOf([{ ...first, [voice.field]: name }, ...rest]);
  const found = spokenBy(name, registry.own);
  // Another entry of the list may have that provider's key.
  const entry = list.find((one) => providerOf(one) !== null && providerOf(one) === providerOf(found));
  const fields = isObject(entry) ? { ...entry } : {};
  return oneOf([Object.assign(fields, found)]);
}

interface Speaking {
  readonly language: string;
  /** Whether the change itself names the providers; then a language in their config is kept. */
  readonly isNew: boolean;
  readonly lookup: Lookup;
}

/** The providers of a kind, with the language in the field that their definitions name. */
function inLanguage(kind: ProviderKind, value: unknown, { language, isNew, lookup }: Speaking): unknown {
  const { registry, env } = lookup;
  const entries = value === undefined ? [{ provider: registry.defaultOf(kind, env).name }] : listOf(value);
  const spoken = entries.map((entry) => {
    const definition = registry.find(kind, providerOf(entry));
    const field = definition?.languageField;
    if (!definition || field === undefined || !isObject(entry)) return entry;
    if (isNew && entry[field] !== undefined) return entry;
    return { ...entry, [field]: definition.languageForm === 'primary' ? primaryOf(language) : language };
  });
  if (spoken.every((entry, index) => entry === entries[index])) return value;
  return oneOf(spoken);
}

/** `en` of `en-GB`. */
function primaryOf(language: string): string {
  const [primary = language] = language.toLowerCase().split(/[-_]/);
  return primary;
}

/** The name of a provider by name; null for the user's own object or function. */
function providerOf(value: unknown): string | null {
  if (!isObject(value) || typeof value.open === 'function') return null;
  return typeof value.provider === 'string' ? value.provider : null;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function oneOf(list: readonly unknown[]): SessionConfig['tts'] {
  return (list.length === 1 ? list[0] : list) as SessionConfig['tts'];
}
