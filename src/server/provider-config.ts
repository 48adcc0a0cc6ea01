/** Providers as users name them: what each takes, and where its key comes from. */
import { z } from 'zod';
import type { ConfigProblem } from '../errors.js';
import type { ModelFunction } from '../llm/function-model.js';
import type { LanguageModel } from '../llm/language-model.js';
import type { OpenAiOptions } from '../llm/openai/openai-language-model.js';
import type { DeepgramRecognition } from '../stt/deepgram/listen-request.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import type { ElevenLabsOptions } from '../tts/elevenlabs/elevenlabs-text-to-speech.js';
import { fliteVoices, type FliteVoice } from '../tts/local/flite.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import { problemsOf, shown } from './config-problems.js';

/** A provider, or a fallback list: the first one that works is used. */
export type OneOrMore<T> = T | readonly T[];

/** What every provider that is named can have. */
interface NamedConfig {
  /**
   * The latency that you expect of it in milliseconds: of a recogniser from the end of speech to its final, of a model to
   * its first token, of a voice to its first audio. Slower several times in a row, the next in the list takes over.
   */
  readonly slaMs?: number;
}

/** The embedded recogniser: no network, no key. */
export interface LocalSttConfig extends NamedConfig {
  readonly provider: 'local';
  /** A JSGF grammar of what callers may say. @default the appointment desk's */
  readonly grammar?: string;
  /** Pronunciations (ARPAbet phones, space-separated) of words that the dictionary lacks. */
  readonly words?: Readonly<Record<string, string>>;
}

/** The embedded model: a scripted appointment desk. */
export interface LocalLlmConfig extends NamedConfig {
  readonly provider: 'local';
}

/** The embedded voice: Flite. */
export interface LocalTtsConfig extends NamedConfig {
  readonly provider: 'local';
  /** @default 'slt' */
  readonly voice?: FliteVoice;
}

/** What all cloud providers have in common. */
interface CloudConfig extends NamedConfig {
  /** @default the vendor's variable in the environment */
  readonly apiKey?: string | undefined;
  /** Another region, a server of your own, a test. @default the vendor's `…_BASE_URL` in the environment, else its service */
  readonly baseUrl?: string | undefined;
}

/** Deepgram's live recognition; key: DEEPGRAM_API_KEY. */
export interface DeepgramSttConfig extends CloudConfig, DeepgramRecognition {
  readonly provider: 'deepgram';
}

/** A model behind OpenAI's API or one that is compatible; key: OPENAI_API_KEY. */
export interface OpenAiLlmConfig
  extends
    CloudConfig,
    Pick<OpenAiOptions, 'model' | 'api' | 'parameters' | 'firstTokenTimeoutMs' | 'tokenTimeoutMs'> {
  readonly provider: 'openai';
}

/** ElevenLabs' voices; key: ELEVENLABS_API_KEY. */
export interface ElevenLabsTtsConfig
  extends
    CloudConfig,
    Pick<ElevenLabsOptions, 'voiceId' | 'modelId' | 'languageCode' | 'voiceSettings' | 'connection'> {
  readonly provider: 'elevenlabs';
}

export type SttConfig = LocalSttConfig | DeepgramSttConfig;
export type LlmConfig = LocalLlmConfig | OpenAiLlmConfig;
export type TtsConfig = LocalTtsConfig | ElevenLabsTtsConfig;

/** With its key. */
type Keyed<T> = Omit<T, 'apiKey' | 'baseUrl'> & { readonly apiKey: string; readonly baseUrl?: string };

export type ResolvedStt = LocalSttConfig | Keyed<DeepgramSttConfig> | SpeechToText;
export type ResolvedLlm = LocalLlmConfig | Keyed<OpenAiLlmConfig> | LanguageModel | ModelFunction;
export type ResolvedTts = LocalTtsConfig | Keyed<ElevenLabsTtsConfig> | TextToSpeech;

export type Environment = Readonly<Record<string, string | undefined>>;

interface Vendor {
  readonly provider: string;
  /** Beginning of its variables' names: `<prefix>_API_KEY`, `<prefix>_BASE_URL`. */
  readonly prefix: string;
  readonly schema: z.ZodType;
}

interface ProviderKind {
  readonly field: 'stt' | 'llm' | 'tts';
  readonly local: z.ZodType;
  readonly vendor: Vendor;
  /** Whether it is an object (or, for a model, a function) of the user's own. */
  isOwn(value: unknown): boolean;
}

const text = z.string().min(1);
const share = z.number().min(0).max(1);
const milliseconds = z.number().positive();
const named = { slaMs: milliseconds.optional() };
const cloud = { ...named, apiKey: text.optional(), baseUrl: text.optional() };

const kinds: readonly ProviderKind[] = [
  {
    field: 'stt',
    local: z.strictObject({
      provider: z.literal('local'),
      ...named,
      grammar: text.optional(),
      words: z.record(z.string(), z.string()).optional(),
    }),
    vendor: {
      provider: 'deepgram',
      prefix: 'DEEPGRAM',
      schema: z.strictObject({
        provider: z.literal('deepgram'),
        ...cloud,
        model: text.optional(),
        language: text.optional(),
        keyterms: z.array(text).optional(),
        punctuate: z.boolean().optional(),
        smartFormat: z.boolean().optional(),
        endpointingMs: milliseconds.optional(),
        utteranceEndMs: z.number().min(1000).optional(),
        endOfTurnThreshold: z.number().min(0.5).max(1).optional(),
        endOfTurnTimeoutMs: milliseconds.optional(),
      } satisfies Record<keyof DeepgramSttConfig, z.ZodType>),
    },
    isOwn: (value) => isOwnProvider(value, 'open', 'accepts'),
  },
  {
    field: 'llm',
    local: z.strictObject({ provider: z.literal('local'), ...named }),
    vendor: {
      provider: 'openai',
      prefix: 'OPENAI',
      schema: z.strictObject({
        provider: z.literal('openai'),
        ...cloud,
        model: text.optional(),
        api: z.enum(['chat', 'responses']).optional(),
        parameters: z.record(z.string(), z.unknown()).optional(),
        firstTokenTimeoutMs: milliseconds.optional(),
        tokenTimeoutMs: milliseconds.optional(),
      } satisfies Record<keyof OpenAiLlmConfig, z.ZodType>),
    },
    isOwn: (value) => typeof value === 'function' || isOwnProvider(value, 'generate'),
  },
  {
    field: 'tts',
    local: z.strictObject({
      provider: z.literal('local'),
      ...named,
      voice: z.enum(fliteVoices).optional(),
    }),
    vendor: {
      provider: 'elevenlabs',
      prefix: 'ELEVENLABS',
      schema: z.strictObject({
        provider: z.literal('elevenlabs'),
        ...cloud,
        voiceId: text.optional(),
        modelId: text.optional(),
        languageCode: text.optional(),
        voiceSettings: z
          .strictObject({
            stability: share.optional(),
            similarityBoost: share.optional(),
            style: share.optional(),
            useSpeakerBoost: z.boolean().optional(),
            speed: z.number().min(0.7).max(1.2).optional(),
          })
          .optional(),
        connection: z.enum(['websocket', 'http']).optional(),
      } satisfies Record<keyof ElevenLabsTtsConfig, z.ZodType>),
    },
    isOwn: (value) => isOwnProvider(value, 'open', 'produces'),
  },
];

/** At least one of each kind, in the order in which they are to be asked. */
export interface ResolvedProviders {
  readonly stt: readonly ResolvedStt[];
  readonly llm: readonly ResolvedLlm[];
  readonly tts: readonly ResolvedTts[];
}

/** The providers of each kind with keys and defaults filled in. What is wrong goes to `problems`; then the result is of no use. */
export function resolveProviders(
  fields: Readonly<Record<string, unknown>>,
  env: Environment,
  problems: ConfigProblem[],
): ResolvedProviders {
  const resolved = kinds.map((kind) => [kind.field, resolveList(kind, fields[kind.field], env, problems)]);
  return Object.fromEntries(resolved) as ResolvedProviders;
}

/** One voice, in a field of its own; what is left out is the embedded one. */
export function resolveVoice(
  value: unknown,
  field: string,
  env: Environment,
  problems: ConfigProblem[],
): ResolvedTts {
  const [kind] = kinds.filter((candidate) => candidate.field === 'tts');
  if (value === undefined || !kind) return { provider: 'local' };
  return resolveProvider(kind, value, field, env, problems) as ResolvedTts;
}

function resolveList(
  kind: ProviderKind,
  value: unknown,
  env: Environment,
  problems: ConfigProblem[],
): readonly unknown[] {
  const { field } = kind;
  if (!Array.isArray(value)) return [resolveProvider(kind, value, field, env, problems)];
  const list: readonly unknown[] = value;
  if (list.length === 0)
    problems.push({
      field,
      problem: 'is an empty list.',
      remedy: `Name at least one provider, or leave ${field} out.`,
    });
  // A hole in a list is a slip, not a wish for the default.
  return list.map((entry, index) =>
    resolveProvider(kind, entry ?? null, `${field}[${index}]`, env, problems),
  );
}

function resolveProvider(
  kind: ProviderKind,
  value: unknown,
  field: string,
  env: Environment,
  problems: ConfigProblem[],
): unknown {
  const { vendor } = kind;
  // What the user brings is used as it is: a copy would lose its `this`.
  if (value !== undefined && kind.isOwn(value)) return value;
  const apiKey = env[`${vendor.prefix}_API_KEY`];
  const given = value ?? { provider: apiKey ? vendor.provider : 'local' };
  const provider: unknown = typeof given === 'object' ? Reflect.get(given, 'provider') : undefined;
  if (provider === undefined || value === null) {
    problems.push({
      field,
      problem: 'is neither a provider by name nor an object that meets the contract.',
      remedy: `Write { provider: 'local' }, or see the ${kind.field} contract in ARCHITECTURE.md.`,
    });
    return undefined;
  }
  if (provider !== 'local' && provider !== vendor.provider) {
    problems.push({
      field: `${field}.provider`,
      problem: isVendor(provider) ? `'${provider}' is another kind of provider.` : `is ${shown(provider)}.`,
      remedy: `Use one of: 'local', '${vendor.provider}'.`,
    });
    return undefined;
  }
  const schema = provider === 'local' ? kind.local : vendor.schema;
  const parsed = schema.safeParse(given, { reportInput: true });
  if (!parsed.success) {
    problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, field)));
    return undefined;
  }
  return provider === 'local' ? given : withKey(kind, given, field, env, problems);
}

function withKey(
  { vendor: { prefix } }: ProviderKind,
  { apiKey, baseUrl, ...rest }: CloudConfig,
  field: string,
  env: Environment,
  problems: ConfigProblem[],
): unknown {
  const url = baseUrl ?? nonEmpty(env[`${prefix}_BASE_URL`]);
  const key = apiKey ?? nonEmpty(env[`${prefix}_API_KEY`]);
  if (key === undefined) {
    const remedy = `Give it, or set ${prefix}_API_KEY. Without a key there is { provider: 'local' }.`;
    problems.push({ field: `${field}.apiKey`, problem: 'is missing.', remedy });
  } else if (!/^[\x21-\x7e]+$/.test(key)) {
    const remedy = 'Copy it again: a key has no spaces, line ends or letters beyond ASCII.';
    problems.push({
      field: `${field}.apiKey`,
      problem: 'holds characters that no header can carry.',
      remedy,
    });
  }
  // Some write the scheme of the sockets that lead there.
  return { ...rest, apiKey: key, ...(url !== undefined && { baseUrl: url.replace(/^ws/i, 'http') }) };
}

/** A provider object of the user's: judged by the method that the engine will call and the formats it will ask for. */
function isOwnProvider(value: unknown, method: string, formats?: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, [method]: call } = value as Record<string, unknown>;
  if (typeof name !== 'string' || typeof call !== 'function') return false;
  return formats === undefined || typeof Reflect.get(value, formats) === 'object';
}

function isVendor(provider: unknown): provider is string {
  return kinds.some(({ vendor }) => vendor.provider === provider);
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
