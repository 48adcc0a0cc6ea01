/**
 * Resolves the providers in a config: looks up their definitions, checks their fields, and fills in keys and defaults.
 */
import type { Clock } from '../../core/clock.js';
import { messageOf, type ConfigProblem, type ProviderKind } from '../../core/errors.js';
import { withoutSecrets } from '../../core/secrets.js';
import type { ModelFunction } from '../../providers/function-model.js';
import type { LanguageModel } from '../../providers/language-model.js';
import type { AnyDefinition, ProviderKey, ProviderOf } from '../../providers/provider-definition.js';
import { discard } from '../../providers/guard/discard.js';
import { guardedProvider } from '../../providers/guard/guarded-provider.js';
import { described, isObject } from '../../providers/shape.js';
import { builtInRegistry, embedded, type ProviderRegistry } from '../../providers/registry.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import type { TextToSpeech } from '../../providers/text-to-speech.js';
import { problemsOf, shown } from './config-problems.js';
import { secretsOf, secretsOfProvider } from './secrets.js';

/** A provider, or a fallback list: the first one that works is used. */
export type OneOrMore<T> = T | readonly T[];

/** A provider by name: its definition and its checked config, with its key. */
export interface NamedProvider {
  readonly definition: AnyDefinition;
  readonly config: { readonly provider: string };
  readonly slaMs?: number;
}

/** The config fields for `create()`: all but the provider's name. */
export function providerFields({ config }: NamedProvider): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'provider'));
}

/**
 * Makes a provider. The caller closes it. The user's own is guarded; throws a ProviderError if its `create` fails or
 * returns something else.
 */
export function makeProvider(
  named: NamedProvider,
  clock: Clock,
  env: Environment = process.env,
): ProviderOf[ProviderKind] {
  const { definition, config } = named;
  const { kind, name } = definition;
  const make = (): ProviderOf[ProviderKind] => definition.create(providerFields(named), { clock });
  if (builtInRegistry.all.includes(definition)) return make();
  // The environment is read when there is something to hide: it may have changed since.
  const redact = (text: string): string => withoutSecrets(text, secretsOfProvider(definition, config, env));
  return guardedProvider(kind, make, { name, redact });
}

/** A provider that the user gave as an object or a function, guarded. Throws a ProviderError if it is none. */
export function guardedGiven<Kind extends ProviderKind>(
  kind: Kind,
  provider: ProviderOf[Kind],
  env: Environment = process.env,
): ProviderOf[Kind] {
  const redact = (text: string): string => withoutSecrets(text, secretsOf(env));
  return guardedProvider(kind, () => provider, { name: 'own', redact });
}

export type ResolvedStt = NamedProvider | SpeechToText;
export type ResolvedLlm = NamedProvider | LanguageModel | ModelFunction;
export type ResolvedTts = NamedProvider | TextToSpeech;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where provider names and keys are looked up, and where problems are collected. */
interface Resolving {
  readonly registry: ProviderRegistry;
  readonly env: Environment;
  readonly problems: ConfigProblem[];
}

/** Whether the value is the user's own provider object (or, for a model, a function). */
const isOwn: Readonly<Record<ProviderKind, (value: unknown) => boolean>> = {
  stt: (value) => isOwnProvider(value, 'open', 'accepts'),
  llm: (value) => typeof value === 'function' || isOwnProvider(value, 'generate'),
  tts: (value) => isOwnProvider(value, 'open', 'produces'),
};

/** At least one provider of each kind, in the order in which they are tried. */
export interface ResolvedProviders {
  readonly stt: readonly ResolvedStt[];
  readonly llm: readonly ResolvedLlm[];
  readonly tts: readonly ResolvedTts[];
}

/**
 * The providers of each kind with keys and defaults filled in. Adds errors to `problems`; if there are any, do not use
 * the result.
 */
export function resolveProviders(
  fields: Readonly<Record<string, unknown>>,
  resolving: Resolving,
): ResolvedProviders {
  return {
    stt: resolveList('stt', fields.stt, resolving) as readonly ResolvedStt[],
    llm: resolveList('llm', fields.llm, resolving) as readonly ResolvedLlm[],
    tts: resolveList('tts', fields.tts, resolving) as readonly ResolvedTts[],
  };
}

/** One voice, from a field of its own; the embedded voice if it is left out. */
export function resolveVoice(value: unknown, field: string, resolving: Resolving): ResolvedTts {
  if (value === undefined) return { definition: embedded.tts, config: embedded.tts.config() };
  return resolveProvider('tts', value, field, resolving) as ResolvedTts;
}

function resolveList(kind: ProviderKind, value: unknown, resolving: Resolving): readonly unknown[] {
  if (!Array.isArray(value)) return [resolveProvider(kind, value, kind, resolving)];
  const list: readonly unknown[] = value;
  if (list.length === 0)
    resolving.problems.push({
      field: kind,
      problem: 'is an empty list.',
      remedy: `Name at least one provider, or leave ${kind} out.`,
    });
  // An empty entry in a list is a mistake and does not mean the default.
  return list.map((entry, index) => resolveProvider(kind, entry ?? null, `${kind}[${index}]`, resolving));
}

function resolveProvider(kind: ProviderKind, value: unknown, field: string, resolving: Resolving): unknown {
  const { registry, env, problems } = resolving;
  // The user's object is used as it is: a copy would lose its `this`.
  if (value !== undefined && isOwn[kind](value)) return value;
  const given = value ?? { provider: registry.defaultOf(kind, env).name };
  const provider: unknown = typeof given === 'object' ? Reflect.get(given, 'provider') : undefined;
  if (provider === undefined || value === null) {
    problems.push({
      field,
      problem: `is neither a provider by name nor ${kind === 'llm' ? 'a function or ' : ''}an object that meets the contract.`,
      remedy: `Write { provider: 'local' }${kind === 'llm' ? ', or a function such as ({ messages }) => text' : ''}, or see docs/add-a-vendor.md for the contract of an object.`,
    });
    return undefined;
  }
  const definition = registry.find(kind, provider);
  if (!definition) {
    const known = registry.ofKind(kind).map(({ name }) => `'${name}'`);
    problems.push({
      field: `${field}.provider`,
      problem: registry.all.some(({ name }) => name === provider)
        ? `${shown(provider)} is another kind of provider.`
        : `is ${shown(provider)}.`,
      remedy: `Use one of: ${known.join(', ')}.`,
    });
    return undefined;
  }
  const { schema } = definition;
  const parsed = schema.safeParse(given, { reportInput: true });
  if (!parsed.success) {
    problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, field, schema)));
    return undefined;
  }
  const { slaMs, ...config } = parsed.data as { readonly provider: string; readonly slaMs?: number };
  const complete = definition.key ? withKey(definition, definition.key, config, field, resolving) : config;
  problems.push(...problemsIn(definition, complete, field, env));
  return { definition, config: complete, ...(slaMs !== undefined && { slaMs }) } satisfies NamedProvider;
}

/** What the definition itself finds wrong with a config, without secrets. */
function problemsIn(
  definition: AnyDefinition,
  config: object,
  field: string,
  env: Environment,
): readonly ConfigProblem[] {
  const redact = (text: string): string => withoutSecrets(text, secretsOfProvider(definition, config, env));
  try {
    const found: unknown = definition.problemsOf?.(config) ?? [];
    if (Array.isArray(found) && found.every(isProblem))
      return found.map((one) => ({
        field: `${field}.${one.field}`,
        problem: redact(one.problem),
        remedy: redact(one.remedy),
      }));
    discard(found);
    throw new TypeError(`it gave ${described(found)}, not a list of { field, problem, remedy }`);
  } catch (thrown) {
    const problem = `cannot be checked, since its problemsOf() failed: ${redact(messageOf(thrown))}.`;
    return [{ field, problem, remedy: `Correct the definition of ${definition.name}.` }];
  }
}

function isProblem(value: unknown): value is ConfigProblem {
  return (
    isObject(value) && [value.field, value.problem, value.remedy].every((text) => typeof text === 'string')
  );
}

interface Keyed {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
}

function withKey(
  definition: AnyDefinition,
  key: ProviderKey,
  { apiKey, baseUrl, ...rest }: Keyed & { readonly provider: string },
  field: string,
  resolving: Resolving,
): { readonly provider: string } {
  const { env, problems } = resolving;
  const found = keyOf(key, { apiKey, baseUrl }, env);
  const resolved = key.isOptional === true ? { apiKey: '', ...found } : found;
  if (resolved.baseUrl === undefined && key.service === undefined)
    problems.push({
      field: `${field}.baseUrl`,
      problem: `is missing: ${definition.title} has no address that is the same for all accounts.`,
      remedy: `Give it, or set ${key.baseUrlVariable}.`,
    });
  if (resolved.apiKey === undefined)
    problems.push({ field: `${field}.apiKey`, ...keyMissing(definition, key, rest) });
  else if (!/^[\x21-\x7e]*$/.test(resolved.apiKey))
    problems.push({
      field: `${field}.apiKey`,
      problem: 'contains characters that an HTTP header cannot carry.',
      remedy: 'Copy it again: a key has no spaces, line ends or letters beyond ASCII.',
    });
  return { ...rest, ...resolved };
}

function keyOf(key: ProviderKey, { apiKey, baseUrl }: Keyed, env: Environment): Keyed {
  const url = baseUrl ?? nonEmpty(env[key.baseUrlVariable]);
  // Some users write the WebSocket scheme, `wss://`.
  const http = url?.replace(/^ws/i, 'http');
  const found = apiKey ?? nonEmpty(env[key.variable]);
  return { ...(found !== undefined && { apiKey: found }), ...(http !== undefined && { baseUrl: http }) };
}

/** A config that names a voice without a key may have meant an embedded voice. */
function keyMissing(
  { voice }: AnyDefinition,
  { variable }: ProviderKey,
  config: object,
): Omit<ConfigProblem, 'field'> {
  const name: unknown = voice ? Reflect.get(config, voice.field) : undefined;
  if (typeof name !== 'string' || voice?.names?.includes(name) === true || voice?.isId?.(name) === true) {
    const remedy = `Give it, or set ${variable}. Without a key there is { provider: 'local' }.`;
    return { problem: 'is missing.', remedy };
  }
  const known = embedded.tts.voice?.names ?? [];
  return {
    problem: `is missing: ${shown(name)} is not an embedded voice, so it is read as the id of a voice that needs a key.`,
    remedy: `Use an embedded voice (${known.map((one) => `'${one}'`).join(', ')}), or set ${variable}.`,
  };
}

/**
 * Whether the value is the user's provider object: it needs a name, the method that the engine calls, and its formats.
 */
function isOwnProvider(value: unknown, method: string, formats?: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, [method]: call } = value as Record<string, unknown>;
  if (typeof name !== 'string' || typeof call !== 'function') return false;
  return formats === undefined || typeof Reflect.get(value, formats) === 'object';
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
