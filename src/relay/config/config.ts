/** The session config as users write it, and its validation: every problem at once, each with its remedy. */
import { z } from 'zod';
import { ConfigError, messageOf, type ConfigProblem } from '../../core/errors.js';
import type { Prices } from '../../metrics/prices.js';
import type { LanguageModel } from '../../providers/language-model.js';
import type { ModelFunction } from '../../providers/function-model.js';
import type { AgentTools, ToolSchemas } from '../../session/agent-tools.js';
import { defaultReconnectLimits, type ReconnectLimits } from '../../session/reconnection.js';
import type { SessionAgent, SessionLimits } from '../../session/session-parts.js';
import { defaultSpeculation, type SpeculationLimits } from '../../session/turn-taking/speculation-state.js';
import type { TurnTaking } from '../../session/turn-taking/turn-taking.js';
import {
  isDefinition,
  type AnyDefinition,
  type OwnProviderConfig,
} from '../../providers/provider-definition.js';
import {
  builtInRegistry,
  ProviderRegistry,
  type LlmConfig,
  type SttConfig,
  type TtsConfig,
} from '../../providers/registry.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import type { Supervision } from '../../fallback/policy/supervision.js';
import { defaultTransport, transportTypes, type TransportType } from '../../transport/registry.js';
import type { TextToSpeech } from '../../providers/text-to-speech.js';
import { problemsOf } from './config-problems.js';
import { pricesSchema } from './prices-schema.js';
import {
  resolveProviders,
  resolveVoice,
  type Environment,
  type OneOrMore,
  type ResolvedLlm,
  type ResolvedStt,
  type ResolvedTts,
} from './provider-config.js';

export interface AgentConfig<Schemas extends ToolSchemas = ToolSchemas> {
  /** Instructions for the model about its role. */
  readonly systemPrompt: string;
  /** What the agent says when the call begins. @default nothing */
  readonly greeting?: string;
  /**
   * The language that the agent speaks, for example `de`; decides how addresses and symbols are spoken. @default 'en'
   */
  readonly language?: string;
  /** Tools that the model may call, by name. */
  readonly tools?: AgentTools<Schemas>;
  /** Spoken when every provider of a kind has failed; if that kind is the voice, `apologyVoice` speaks it. */
  readonly apology?: string;
  /**
   * The voice for the apology when the agent's own voice has failed. @default the embedded voice, which needs no
   * network
   */
  readonly apologyVoice?: TtsConfig | OwnProviderConfig<'tts'> | TextToSpeech;
  /** What happens after the apology. @default the call goes on, unless the recogniser has failed */
  readonly afterFailure?: 'go_on' | 'end';
  /** Spoken when a tool call or reasoning delays the answer and nothing was said yet; empty for silence. */
  readonly filler?: string;
  /** How many milliseconds of silence the caller hears before the filler. @default 1500 */
  readonly fillerAfterMs?: number;
  /** Whether a model's reasoning, which is never spoken, is published in `llm.reasoning` events. @default false */
  readonly reasoningEvents?: boolean;
}

/**
 * The config of one session. Only `inbound` is required; a provider that is left out is the cloud provider whose key is
 * in the environment (its definition names the variable), else the embedded one.
 */
export interface SessionConfig<Schemas extends ToolSchemas = ToolSchemas> {
  /** How the caller reaches the session. */
  readonly inbound: { readonly type: TransportType };
  /** How the agent reaches the caller; must equal `inbound`. @default `inbound` */
  readonly outbound?: { readonly type: TransportType };
  /** Speech to text: a provider by name, your own object, or a fallback list of them. */
  readonly stt?: OneOrMore<SttConfig | OwnProviderConfig<'stt'> | SpeechToText>;
  /** The language model: by name, your own object, a function from the conversation to text, or a fallback list. */
  readonly llm?: OneOrMore<LlmConfig | OwnProviderConfig<'llm'> | LanguageModel | ModelFunction>;
  /** Text to speech: a provider by name, your own object, or a fallback list of them. */
  readonly tts?: OneOrMore<TtsConfig | OwnProviderConfig<'tts'> | TextToSpeech>;
  /** Your own providers, made by `defineProvider()`; `stt`, `llm` and `tts` may name them. */
  readonly providers?: readonly AnyDefinition[];
  /** How failures of providers are handled: retries, timeouts, cool-downs. */
  readonly supervision?: Partial<Supervision>;
  /** With an agent the session answers by itself; without one you drive it with `session.speak()`. */
  readonly agent?: AgentConfig<Schemas>;
  readonly turnTaking?: Partial<TurnTaking>;
  /**
   * Limits of answers that are begun before the turn is certain. Only hzrelay's own models by name, and models that are
   * `speculative`, answer early. False begins every answer when its turn is committed.
   */
  readonly speculation?: boolean | Partial<SpeculationLimits>;
  readonly limits?: Partial<SessionLimits>;
  /**
   * What your vendors charge you, in US dollars, by kind and by `provider/model`, `provider/beginning*` or `provider`.
   * @default the vendors' public lists
   */
  readonly prices?: Prices;
  /** What happens when the caller's connection is lost. False ends the call at once. */
  readonly reconnect?: false | Partial<ReconnectLimits>;
}

/**
 * The config that a relay gives to every call. Without `inbound` it serves phone and browser calls alike; with it,
 * calls of the other type are answered busy.
 */
export type RelaySessionConfig<Schemas extends ToolSchemas = ToolSchemas> = Omit<
  SessionConfig<Schemas>,
  'inbound'
> &
  Partial<Pick<SessionConfig, 'inbound'>>;

export const defaultSessionLimits: SessionLimits = { maxDurationMs: 3_600_000, idleTimeoutMs: 60_000 };

export const defaultApology = 'Sorry, something went wrong on my side. Could you say that again?';

const defaultAgent = {
  greeting: '',
  language: 'en',
  tools: {},
  apology: defaultApology,
  afterFailure: null,
  filler: 'One moment, please.',
  fillerAfterMs: 1500,
  reasoningEvents: false,
} satisfies Omit<SessionAgent, 'systemPrompt'>;

const transportType = z.literal(transportTypes);
/** The longest time that a timer can wait: 24.8 days. Beyond it, `setTimeout` fires at once. */
const longestMs = 2_147_483_647;
const milliseconds = z.number().nonnegative().max(longestMs);
const limitMs = z.number().positive().max(longestMs);

const tool = z.object({
  description: z.string().min(1),
  parameters: z
    .custom<z.ZodType>((value) => value instanceof z.ZodType, { error: 'is not a zod schema', abort: true })
    .refine(hasJsonSchema, 'contains a type that JSON does not have, so no model can write it'),
  timeoutMs: milliseconds.optional(),
  silent: z.boolean().optional(),
  execute: z.custom((value) => typeof value === 'function', 'is not a function'),
});

/** What the servers of models accept. */
const toolName = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'is no name for a tool: models accept up to 64 letters, digits, _ and -');

function hasJsonSchema(schema: z.ZodType): boolean {
  try {
    z.toJSONSchema(schema, { io: 'input' });
    return true;
  } catch {
    return false;
  }
}

export const agentShape = z.strictObject({
  systemPrompt: z.string(),
  greeting: z.string().optional(),
  language: z.string().min(2).optional(),
  tools: z.record(toolName, tool).optional(),
  apology: z.string().optional(),
  apologyVoice: z.unknown().optional(),
  afterFailure: z.enum(['go_on', 'end']).optional(),
  filler: z.string().optional(),
  fillerAfterMs: milliseconds.optional(),
  reasoningEvents: z.boolean().optional(),
});

const supervision = z.strictObject({
  attempts: z.number().int().positive(),
  retryDelayMs: milliseconds,
  budgetMs: milliseconds,
  firstResultTimeoutMs: limitMs,
  stallTimeoutMs: limitMs,
  slaBreaches: z.number().int().positive(),
  coolDownMs: limitMs,
} satisfies Record<keyof Supervision, z.ZodType>);

const turnTaking = z.strictObject({
  startSpeechMs: milliseconds,
  startWindowMs: milliseconds,
  voiceThreshold: z.number().min(0).max(1),
  endSilenceMs: milliseconds,
  earlyFlushMs: milliseconds,
  lineSilenceMs: limitMs,
  finalTimeoutMs: milliseconds,
  unfinishedPhraseMs: milliseconds,
  digitRunMs: milliseconds,
  digitWords: z.array(z.string()),
  minResponseDelayMs: milliseconds,
  bargeInTimeoutMs: milliseconds,
  doubtfulSpeechMs: milliseconds,
  bargeInWords: z.number().int().positive(),
  backchannels: z.array(z.string()),
  unrecognisedSpeechMs: milliseconds,
  reprompt: z.string(),
  maxReprompts: z.number().int().nonnegative(),
} satisfies Record<keyof TurnTaking, z.ZodType>);

const speculation = z.strictObject({
  maxPerTurn: z.number().int().positive(),
  minStableMs: limitMs,
} satisfies Record<keyof SpeculationLimits, z.ZodType>);

const speculationForm =
  'is neither true, false nor { maxPerTurn, minStableMs }: a whole number above 0, and milliseconds above 0';

const limits = z.strictObject({ maxDurationMs: limitMs, idleTimeoutMs: limitMs });

const reconnect = z.strictObject({
  windowMs: milliseconds,
  maxTimes: z.number().int().nonnegative(),
} satisfies Record<keyof ReconnectLimits, z.ZodType>);

const direction = z.strictObject({ type: transportType });

const shape = z.strictObject({
  inbound: direction,
  outbound: direction.optional(),
  stt: z.unknown().optional(),
  llm: z.unknown().optional(),
  tts: z.unknown().optional(),
  providers: z.unknown().optional(),
  supervision: supervision.partial().optional(),
  agent: agentShape.optional(),
  turnTaking: turnTaking.partial().optional(),
  speculation: z.union([z.boolean(), speculation.partial()], { error: speculationForm }).optional(),
  limits: limits.partial().optional(),
  prices: pricesSchema.optional(),
  reconnect: z.union([z.literal(false), reconnect.partial()]).optional(),
});

/** A config with every default filled in. */
export interface ResolvedConfig {
  readonly type: TransportType;
  readonly stt: readonly ResolvedStt[];
  readonly llm: readonly ResolvedLlm[];
  readonly tts: readonly ResolvedTts[];
  /** What was given; the rest depends on the providers. */
  readonly supervision: Partial<Supervision>;
  readonly agent: SessionAgent | null;
  /** Speaks the apology where `tts` cannot. */
  readonly apologyVoice: ResolvedTts;
  /** What was given; the rest depends on the providers. */
  readonly turnTaking: Partial<TurnTaking>;
  /** Null: no answer is begun early. */
  readonly speculation: SpeculationLimits | null;
  readonly limits: SessionLimits;
  /** The user's, then the vendors' own lists. */
  readonly prices: readonly Prices[];
  readonly reconnect: ReconnectLimits;
}

/** Checks a config and fills in environment and defaults. Throws one ConfigError that lists every problem. */
export function resolveConfig(
  config: SessionConfig,
  env: Environment = process.env,
  own: readonly AnyDefinition[] = [],
): ResolvedConfig {
  const problems: ConfigProblem[] = [];
  const parsed = shape.safeParse(config, { reportInput: true });
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, '', shape)));
  // Providers are checked separately: a union's error would not say which alternative was meant.
  const fields = fieldsOf(config);
  const registry = registryOf([...own, ...listOf(fields.providers)], problems);
  const resolving = { registry, env, problems };
  const { inbound, outbound } = fields;
  const providers = resolveProviders(fields, resolving);
  const { apologyVoice: voice } = fieldsOf(fields.agent);
  const apologyVoice = resolveVoice(voice, 'agent.apologyVoice', resolving);
  problems.push(...transportProblems(direction.safeParse(inbound).data, direction.safeParse(outbound).data));
  if (problems.length > 0) throw new ConfigError(problems);
  // The user's objects are used as they are: a copy of a tool would lose its `this`.
  return {
    type: config.inbound.type,
    ...providers,
    supervision: defined(config.supervision ?? {}),
    agent: config.agent ? agentOf(config.agent) : null,
    apologyVoice,
    turnTaking: defined(config.turnTaking ?? {}),
    speculation: speculationOf(config.speculation),
    limits: { ...defaultSessionLimits, ...defined(config.limits ?? {}) },
    prices: [...(config.prices ? [config.prices] : []), ...registry.prices],
    reconnect: reconnectOf(config.reconnect),
  };
}

function speculationOf(given: SessionConfig['speculation']): SpeculationLimits | null {
  if (given === false) return null;
  return { ...defaultSpeculation, ...defined(typeof given === 'object' ? given : {}) };
}

function reconnectOf(given: SessionConfig['reconnect']): ReconnectLimits {
  if (given === false) return { windowMs: 0, maxTimes: 0 };
  return { ...defaultReconnectLimits, ...defined(given ?? {}) };
}

function agentOf(given: AgentConfig): SessionAgent {
  const { systemPrompt, greeting, language, tools, apology, afterFailure, ...more } = {
    ...defaultAgent,
    ...defined(given),
  };
  const { filler, fillerAfterMs, reasoningEvents } = more;
  return {
    ...{ systemPrompt, greeting, language, tools, apology, afterFailure },
    ...{ filler, fillerAfterMs, reasoningEvents },
  };
}

/** The config of one call; a missing `inbound` becomes the transport by which the call came. */
export function configForCall(config: RelaySessionConfig, type: TransportType): SessionConfig {
  return { ...config, inbound: config.inbound ?? { type } };
}

/** The config of a call over any transport, for checks that do not depend on the transport. */
export function configForAnyCall(config: RelaySessionConfig): SessionConfig {
  return configForCall(config, defaultTransport);
}

/** The built-in providers and the user's own. */
export function registryOf(own: readonly unknown[], problems: ConfigProblem[]): ProviderRegistry {
  const definitions = [...new Set(own)];
  if (!definitions.every(isDefinition)) {
    const remedy = 'Make each with defineProvider().';
    problems.push({ field: 'providers', problem: 'contains something that is not a definition.', remedy });
    return builtInRegistry;
  }
  if (definitions.length === 0) return builtInRegistry;
  try {
    return new ProviderRegistry(definitions);
  } catch (thrown) {
    problems.push({
      field: 'providers',
      problem: messageOf(thrown),
      remedy: 'Names are unique for each kind.',
    });
    return builtInRegistry;
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** The fields of a value; empty if it is not an object. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

type Direction = z.infer<typeof direction>;

function transportProblems(inbound?: Direction, outbound?: Direction): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (inbound && outbound && outbound.type !== inbound.type) {
    problems.push({
      field: 'outbound.type',
      problem: `is '${outbound.type}', but inbound.type is '${inbound.type}'.`,
      remedy: 'A call has one transport: leave outbound out, or give both the same type.',
    });
  }
  return problems;
}

/** Without the fields that are undefined, so that they do not overwrite defaults. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
