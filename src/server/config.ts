/** The session config as users write it, and its validation: every problem at once, each with its remedy. */
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../errors.js';
import type { LanguageModel } from '../llm/language-model.js';
import type { ModelFunction } from '../llm/function-model.js';
import type { AgentTools } from '../session/agent-tools.js';
import type { SessionAgent, SessionLimits } from '../session/session-parts.js';
import type { TurnTaking } from '../session/turn-taking.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import type { Supervision } from '../supervisor/supervision.js';
import type { TransportType } from '../transport/transport.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import { problemsOf } from './config-problems.js';
import {
  resolveProviders,
  resolveVoice,
  type Environment,
  type LlmConfig,
  type OneOrMore,
  type ResolvedLlm,
  type ResolvedStt,
  type ResolvedTts,
  type SttConfig,
  type TtsConfig,
} from './provider-config.js';

export interface AgentConfig {
  /** What the model is told about its role. */
  readonly systemPrompt: string;
  /** What the agent says when the call begins. @default nothing */
  readonly greeting?: string;
  /** The language that it speaks, for example `de`: addresses and symbols are said in its words. @default 'en' */
  readonly language?: string;
  /** What the model may call, by name. */
  readonly tools?: AgentTools;
  /** What the caller hears when every provider of a kind has failed; where the voice did, in the embedded one. */
  readonly apology?: string;
  /** Who speaks the apology where the agent's own voice has failed. @default the embedded voice, which needs no network */
  readonly apologyVoice?: TtsConfig | TextToSpeech;
  /** What happens after the apology. @default the call goes on, except when nobody can hear the caller any more */
  readonly afterFailure?: 'go_on' | 'end';
  /** What is said when a tool keeps the caller waiting and the model has said nothing; empty for silence. */
  readonly filler?: string;
  /** How long the caller waits in silence before the filler. @default 1500 */
  readonly fillerAfterMs?: number;
}

/**
 * The config of one session. Only `inbound` is required; a provider that is left out is the cloud's if its key is in the
 * environment (DEEPGRAM_API_KEY, OPENAI_API_KEY, ELEVENLABS_API_KEY), else the embedded one.
 */
export interface SessionConfig {
  /** How the caller reaches the session. */
  readonly inbound: { readonly type: TransportType };
  /** How the agent reaches the caller: the same way. @default `inbound` */
  readonly outbound?: { readonly type: TransportType };
  /** Speech to text: a provider by name, your own object, or a fallback list of them. */
  readonly stt?: OneOrMore<SttConfig | SpeechToText>;
  /** The language model: by name, your own object, a function from the conversation to text, or a fallback list. */
  readonly llm?: OneOrMore<LlmConfig | LanguageModel | ModelFunction>;
  /** Text to speech: a provider by name, your own object, or a fallback list of them. */
  readonly tts?: OneOrMore<TtsConfig | TextToSpeech>;
  /** How failures of providers are met. */
  readonly supervision?: Partial<Supervision>;
  /** With an agent the session answers by itself; without one you drive it with `session.speak()`. */
  readonly agent?: AgentConfig;
  readonly turnTaking?: Partial<TurnTaking>;
  readonly limits?: Partial<SessionLimits>;
}

/**
 * The config that a relay gives to every call. Without `inbound` it serves phone and browser alike; with it, other calls
 * are answered busy.
 */
export type RelaySessionConfig = Omit<SessionConfig, 'inbound'> & Partial<Pick<SessionConfig, 'inbound'>>;

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
} satisfies Omit<SessionAgent, 'systemPrompt'>;

const transportType = z.literal(['twilio', 'webrtc']);
/** The longest time that a timer can wait: 24.8 days. Beyond it, `setTimeout` fires at once. */
const longestMs = 2_147_483_647;
const milliseconds = z.number().nonnegative().max(longestMs);
const limitMs = z.number().positive().max(longestMs);

const tool = z.object({
  description: z.string().min(1),
  parameters: z
    .custom<z.ZodType>((value) => value instanceof z.ZodType, { error: 'is no zod schema', abort: true })
    .refine(hasJsonSchema, 'holds a type that JSON does not have, so no model can write it'),
  timeoutMs: milliseconds.optional(),
  execute: z.custom((value) => typeof value === 'function', 'is no function'),
});

function hasJsonSchema(schema: z.ZodType): boolean {
  try {
    z.toJSONSchema(schema, { io: 'input' });
    return true;
  } catch {
    return false;
  }
}

const agent = z.strictObject({
  systemPrompt: z.string(),
  greeting: z.string().optional(),
  language: z.string().min(2).optional(),
  tools: z.record(z.string(), tool).optional(),
  apology: z.string().optional(),
  apologyVoice: z.unknown().optional(),
  afterFailure: z.enum(['go_on', 'end']).optional(),
  filler: z.string().optional(),
  fillerAfterMs: milliseconds.optional(),
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
  endSilenceMs: milliseconds,
  finalTimeoutMs: milliseconds,
  unfinishedPhraseMs: milliseconds,
  digitRunMs: milliseconds,
  minResponseDelayMs: milliseconds,
  bargeInTimeoutMs: milliseconds,
  bargeInWords: z.number().int().positive(),
  backchannels: z.array(z.string()),
  unrecognisedSpeechMs: milliseconds,
  sorryPrompt: z.string(),
  maxSorryPrompts: z.number().int().nonnegative(),
} satisfies Record<keyof TurnTaking, z.ZodType>);

const limits = z.strictObject({ maxDurationMs: limitMs, idleTimeoutMs: limitMs });

const direction = z.strictObject({ type: transportType });

const shape = z.strictObject({
  inbound: direction,
  outbound: direction.optional(),
  stt: z.unknown().optional(),
  llm: z.unknown().optional(),
  tts: z.unknown().optional(),
  supervision: supervision.partial().optional(),
  agent: agent.optional(),
  turnTaking: turnTaking.partial().optional(),
  limits: limits.partial().optional(),
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
  readonly limits: SessionLimits;
}

/** Checks a config and fills in environment and defaults. Throws one ConfigError that lists every problem. */
export function resolveConfig(config: SessionConfig, env: Environment = process.env): ResolvedConfig {
  const problems: ConfigProblem[] = [];
  const parsed = shape.safeParse(config, { reportInput: true });
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue)));
  // Providers are checked apart, since a union's own error would not say which alternative was meant.
  const fields = fieldsOf(config);
  const { inbound, outbound } = fields;
  const providers = resolveProviders(fields, env, problems);
  const { apologyVoice: voice } = fieldsOf(fields.agent);
  const apologyVoice = resolveVoice(voice, 'agent.apologyVoice', env, problems);
  problems.push(...transportProblems(direction.safeParse(inbound).data, direction.safeParse(outbound).data));
  if (problems.length > 0) throw new ConfigError(problems);
  // What the user gave is used as it is: a copy of a tool would lose its `this`.
  return {
    type: config.inbound.type,
    ...providers,
    supervision: defined(config.supervision ?? {}),
    agent: config.agent ? agentOf(config.agent) : null,
    apologyVoice,
    turnTaking: defined(config.turnTaking ?? {}),
    limits: { ...defaultSessionLimits, ...defined(config.limits ?? {}) },
  };
}

function agentOf(given: AgentConfig): SessionAgent {
  const { systemPrompt, greeting, language, tools, apology, afterFailure, filler, fillerAfterMs } = {
    ...defaultAgent,
    ...defined(given),
  };
  return { systemPrompt, greeting, language, tools, apology, afterFailure, filler, fillerAfterMs };
}

/** The config of one call: what it leaves open is the way the call came. */
export function configForCall(config: RelaySessionConfig, type: TransportType): SessionConfig {
  return { ...config, inbound: config.inbound ?? { type } };
}

/** The fields of what may be no config at all. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

type Direction = z.infer<typeof direction>;

function transportProblems(inbound?: Direction, outbound?: Direction): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (inbound && outbound && outbound.type !== inbound.type) {
    problems.push({
      field: 'outbound.type',
      problem: `is '${outbound.type}', but the call comes in by '${inbound.type}'.`,
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
