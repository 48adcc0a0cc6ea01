/**
 * What the rest of the project knows about a vendor. Each folder under `providers/` exports one definition for each
 * kind that it serves, and `registry.ts` lists them. All else derives from the definitions: the config's schema and
 * types, the source of the key, start-up check, `doctor`, recordings, the redaction of secrets, help texts.
 */
import { z } from 'zod';
import type { Clock } from '../core/clock.js';
import type { ConfigProblem, ProviderKind } from '../core/errors.js';
import type { PriceOf } from '../metrics/prices.js';
import type { LanguageModel } from './language-model.js';
import type { SpeechToText } from './speech-to-text.js';
import type { TextToSpeech } from './text-to-speech.js';

/** The contract for each kind of provider. */
export interface ProviderOf {
  readonly stt: SpeechToText;
  readonly llm: LanguageModel;
  readonly tts: TextToSpeech;
}

/** Fields that the config of every provider by name may have. */
export interface NamedConfig {
  /**
   * The latency that you expect, in milliseconds: for a recogniser from the end of speech to its final, for a model to
   * its first token, for a voice to its first audio. If it is slower several times in a row, the next provider of the
   * fallback list takes over.
   */
  readonly slaMs?: number;
}

/** Config fields of all providers with a key. */
export interface CloudConfig extends NamedConfig {
  /** @default the vendor's variable in the environment */
  readonly apiKey?: string | undefined;
  /**
   * Another region, your own server, or a test server. @default the vendor's `…_BASE_URL` in the environment, else its
   * service
   */
  readonly baseUrl?: string | undefined;
}

/** What `create()` gets besides the config. */
export interface ProviderContext {
  /** The clock for its timeouts. */
  readonly clock: Clock;
}

/** Where a provider's key comes from. */
export interface ProviderKey {
  /** The variable that holds it, for example `ACME_API_KEY`. */
  readonly variable: string;
  /** The variable that may hold another address of the service, for example `ACME_BASE_URL`. */
  readonly baseUrlVariable: string;
  /** The https address of the page where users get a key. */
  readonly page: string;
  /**
   * The service's own address, as `doctor` shows it. @default none: every config needs a `baseUrl`, or the variable for it
   */
  readonly service?: string;
  /** Whether it also works without a key, as a server of your own does; `create()` then gets an empty `apiKey`. @default false */
  readonly isOptional?: boolean;
  /** Whether a config without a provider of this kind uses this one if the key is set. @default false */
  readonly isDefault?: boolean;
}

/** How a voice provider's config names the voice. */
export interface VoiceNames {
  /** The field of the config. */
  readonly field: string;
  /** All available voices; undefined if only the service knows them. */
  readonly names?: readonly string[];
  /** Whether a text has the form of the service's voice ids. */
  readonly isId?: (text: string) => boolean;
}

/** What a vendor charges, as its public list said on a day. */
export interface PriceList<Kind extends ProviderKind> {
  /** The day of the list, `YYYY-MM-DD`. */
  readonly asOf: string;
  /** The https address of the list, or why it costs nothing. */
  readonly source: string;
  /** By model, or by the beginning of a model's name with a `*`; in US dollars. */
  readonly models: Readonly<Record<string, PriceOf[Kind]>>;
}

/** How a config names a language: by a BCP 47 tag such as `en-GB`, or by its primary part, `en`. */
export type LanguageForm = 'tag' | 'primary';

/** The config fields that `create()` gets: without `provider` and `slaMs`, with the key. */
export type OwnFields<Config> = Omit<Config, 'provider' | 'slaMs' | 'apiKey' | 'baseUrl'> &
  (Config extends CloudConfig ? { readonly apiKey: string; readonly baseUrl?: string } : object);

/** One kind of provider of one vendor. Made by {@link defineProvider}. */
export interface ProviderDefinition<
  Kind extends ProviderKind = ProviderKind,
  Config extends { readonly provider: string } = { readonly provider: string },
> {
  readonly kind: Kind;
  /** The value of `provider` in configs, logs and events. */
  readonly name: string;
  /** The vendor's name, for texts. */
  readonly title: string;
  /** Null for a provider without a key. */
  readonly key: ProviderKey | null;
  /** All fields of its config. */
  readonly schema: z.ZodObject;
  /** Fields that a recording may keep. Any other could be, or hold, a secret. */
  readonly recordable: readonly string[];
  /** Voices only. */
  readonly voice?: VoiceNames;
  /** Null: its prices are not known. */
  readonly prices: PriceList<Kind> | null;
  /** The field of the config that names the language; undefined if there is none. */
  readonly languageField?: string;
  /** How that field names it. */
  readonly languageForm?: LanguageForm;
  /**
   * Problems of a config that its schema accepts, with key and address filled in; field names are relative to the
   * config.
   */
  problemsOf?(config: object): readonly ConfigProblem[];
  /** Makes the provider; starts nothing. Heavy modules are imported at first use. */
  create(config: object, context: ProviderContext): ProviderOf[Kind];
  /** A config of this provider, for a session's `stt`, `llm` or `tts`. */
  config(fields?: Omit<Config, 'provider'>): Config;
}

/** A definition with any type of config. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- its config is read and made: no one type is wide and narrow enough
export type AnyDefinition = ProviderDefinition<ProviderKind, any>;

/** Whether a value has the form of a definition; also true for one made by another copy of the package. */
export function isDefinition(value: unknown): value is AnyDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, name, schema, create } = value as Partial<Record<string, unknown>>;
  const isSchema = typeof schema === 'object' && schema !== null && 'safeParse' in schema;
  return isKind(kind) && typeof name === 'string' && isSchema && typeof create === 'function';
}

/** The config type of a definition. */
export type ConfigOf<Definition extends AnyDefinition> = ReturnType<Definition['config']>;

/** The argument of {@link defineProvider}. */
export interface DefinitionParts<Kind extends ProviderKind, Config, Shape extends z.ZodRawShape> {
  readonly kind: Kind;
  /** Lower case letters, digits and `-`. */
  readonly name: string;
  /** @default the name */
  readonly title?: string;
  /** @default null: it has no key */
  readonly key?: ProviderKey | null;
  /** The fields of its config besides `provider`, `slaMs`, `apiKey` and `baseUrl`. */
  readonly fields: Shape;
  /** The `fields` that a recording may keep. @default none */
  readonly recordable?: readonly string[];
  /** Voices only: lets `defineAgent({ voice })` find it. */
  readonly voice?: VoiceNames;
  /** @default not known */
  readonly prices?: PriceList<Kind> | null;
  /** The one of `fields` that names the language: `session.update({ language })` sets it. @default none */
  readonly languageField?: string;
  /** How that field names it: by a whole tag such as `en-GB`, or by its primary part, `en`. @default 'tag' */
  readonly languageForm?: LanguageForm;
  /**
   * Checks that a schema of one field cannot express. The config has the schemas' defaults and the key, if there is
   * one.
   */
  readonly problemsOf?: (config: Config) => readonly ConfigProblem[];
  /**
   * Makes the provider; starts nothing. Called once for all sessions with the same config. The config has the schemas'
   * defaults and the key; `baseUrl` only if the config or the environment names one.
   */
  readonly create: (config: Config, context: ProviderContext) => ProviderOf[Kind];
}

declare const ownKind: unique symbol;

/** The config of a user-defined provider, as its definition's `config()` makes it. */
export interface OwnProviderConfig<Kind extends ProviderKind> extends CloudConfig {
  readonly provider: string;
  readonly [ownKind]: Kind;
}

type OwnDefinition<Kind extends ProviderKind, Shape extends z.ZodRawShape> = Omit<
  ProviderDefinition<Kind, OwnProviderConfig<Kind>>,
  'config'
> & {
  config(fields?: z.input<z.ZodObject<Shape>> & CloudConfig): OwnProviderConfig<Kind>;
};

/** The config that the `create()` of a user-defined provider gets; `apiKey` only if it has a key. */
type OwnConfig<Shape extends z.ZodRawShape, Key> = z.output<z.ZodObject<Shape>> &
  ([Key] extends [ProviderKey] ? { readonly apiKey: string; readonly baseUrl?: string } : object);

/**
 * Defines your own provider. Pass it to `createRelay({ providers: [mine] })` or to an agent file's `providers`, and
 * name it in a session's config. It is checked, supervised, warmed up, probed by `doctor` and recorded without secrets,
 * like the built-in ones. Throws a TypeError if the definition is invalid.
 *
 * @example
 * const acme = defineProvider({
 *   kind: 'tts',
 *   name: 'acme',
 *   key: { variable: 'ACME_API_KEY', baseUrlVariable: 'ACME_BASE_URL', page: 'https://acme.example', service: 'https://api.acme.example' },
 *   fields: { voice: z.string().optional() },
 *   create: ({ apiKey, voice }) => new AcmeVoice(apiKey, voice),
 * });
 * createRelay({ providers: [acme], session: { tts: acme.config({ voice: 'ann' }) } });
 */
export function defineProvider<
  Kind extends ProviderKind,
  Shape extends z.ZodRawShape,
  Key extends ProviderKey | null | undefined = undefined,
>(
  parts: DefinitionParts<Kind, OwnConfig<Shape, Key>, Shape> & { readonly key?: Key },
): OwnDefinition<Kind, Shape> {
  return define(parts) as OwnDefinition<Kind, Shape>;
}

/** The same for built-in vendors, whose config has its own type: each of its fields must have a schema. */
export function builtInProvider<Kind extends ProviderKind, Config extends { readonly provider: string }>(
  parts: DefinitionParts<
    Kind,
    OwnFields<Config>,
    { readonly [Field in Exclude<keyof Config, 'provider' | keyof CloudConfig>]-?: z.ZodType }
  > & { readonly name: Config['provider']; readonly recordable: readonly (keyof Config & string)[] },
): ProviderDefinition<Kind, Config> {
  return define(parts) as ProviderDefinition<Kind, Config>;
}

function isKind(kind: unknown): kind is ProviderKind {
  return kind === 'stt' || kind === 'llm' || kind === 'tts';
}

const text = z.string().min(1);
const namedFields = { slaMs: z.number().positive().optional() };
const keyFields = { apiKey: text.optional(), baseUrl: text.optional() };

function define(parts: DefinitionParts<ProviderKind, never, z.ZodRawShape>): ProviderDefinition {
  const { kind, name, title = name, key = null, fields, recordable = [], voice, prices = null } = parts;
  const { languageField, languageForm = 'tag', problemsOf, create } = parts;
  if (!isKind(kind))
    throw new TypeError(`A provider's kind is 'stt', 'llm' or 'tts', not ${JSON.stringify(kind)}.`);
  if (!/^[a-z][a-z\d-]*$/.test(name))
    throw new TypeError(`A provider's name has lower case letters, digits and "-": ${JSON.stringify(name)}.`);
  if (typeof create !== 'function') throw new TypeError(`The provider ${name} has no create().`);
  checkFields(name, fields);
  checkKey(name, key);
  for (const field of [
    ...recordable,
    ...(voice ? [voice.field] : []),
    ...(languageField === undefined ? [] : [languageField]),
  ])
    if (!Object.hasOwn(fields, field))
      throw new TypeError(`The provider ${name} has no field ${JSON.stringify(field)} of its own.`);
  return {
    kind,
    name,
    title,
    key,
    schema: z.strictObject({
      provider: z.literal(name),
      ...namedFields,
      ...(key && keyFields),
      ...fields,
    }),
    recordable: ['provider', 'slaMs', ...recordable],
    ...(voice && { voice }),
    prices,
    ...(languageField !== undefined && { languageField, languageForm }),
    ...(problemsOf && { problemsOf }),
    create,
    config: (given) => ({ ...given, provider: name }),
  };
}

function checkFields(name: string, fields: unknown): void {
  if (typeof fields !== 'object' || fields === null)
    throw new TypeError(`The provider ${name} has no fields: write {} where its config has none of its own.`);
  for (const [field, schema] of Object.entries(fields)) {
    if (['provider', ...Object.keys({ ...namedFields, ...keyFields })].includes(field))
      throw new TypeError(`The provider ${name} has its ${field} already: leave it out of fields.`);
    // Schemas of zod 3 have no `_zod`.
    if (typeof schema !== 'object' || schema === null || !('_zod' in schema))
      throw new TypeError(`The provider ${name} needs a schema of zod 4 for its field ${field}.`);
  }
}

function checkKey(name: string, key: ProviderKey | null): void {
  if (key === null) return;
  const missing = (['variable', 'baseUrlVariable', 'page'] as const).filter((part) => !key[part]);
  if (missing.length > 0)
    throw new TypeError(`The key of the provider ${name} lacks: ${missing.join(', ')}.`);
}
