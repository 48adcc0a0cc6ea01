/** The session config as users write it, and its validation: every problem at once, each with its remedy. */
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../errors.js';
import type { LanguageModel } from '../llm/language-model.js';
import type { ModelFunction } from '../llm/function-model.js';
import type { AgentTools } from '../session/agent-tools.js';
import type { SessionLimits } from '../session/session-parts.js';
import type { TurnTaking } from '../session/turn-taking.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import type { TransportType } from '../transport/transport.js';
import { fliteVoices, type FliteVoice } from '../tts/local/flite.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';

/** The embedded recogniser: no network, no key. */
export interface LocalSttConfig {
  readonly provider: 'local';
  /** A JSGF grammar of what callers may say. @default the appointment desk's */
  readonly grammar?: string;
  /** Pronunciations (ARPAbet phones, space-separated) of words that the dictionary lacks. */
  readonly words?: Readonly<Record<string, string>>;
}

/** The embedded model: a scripted appointment desk. */
export interface LocalLlmConfig {
  readonly provider: 'local';
}

/** The embedded voice: Flite. */
export interface LocalTtsConfig {
  readonly provider: 'local';
  /** @default 'slt' */
  readonly voice?: FliteVoice;
}

export interface AgentConfig {
  /** What the model is told about its role. */
  readonly systemPrompt: string;
  /** What the agent says when the call begins. @default nothing */
  readonly greeting?: string;
  /** What the model may call, by name. */
  readonly tools?: AgentTools;
  /** What the caller hears when the model fails. */
  readonly apology?: string;
}

/** The config of one session. Only `inbound` is required; a provider that is left out is the embedded one. */
export interface SessionConfig {
  /** How the caller reaches the session. */
  readonly inbound: { readonly type: TransportType };
  /** How the agent reaches the caller: the same way. @default `inbound` */
  readonly outbound?: { readonly type: TransportType };
  /** Speech to text: a provider by name, or your own object. */
  readonly stt?: LocalSttConfig | SpeechToText;
  /** The language model: a provider by name, your own object, or a function from the conversation to text. */
  readonly llm?: LocalLlmConfig | LanguageModel | ModelFunction;
  /** Text to speech: a provider by name, or your own object. */
  readonly tts?: LocalTtsConfig | TextToSpeech;
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

const cloudProviders = ['deepgram', 'openai', 'elevenlabs'];

const transportType = z.literal(['twilio', 'webrtc']);
/** The longest time that a timer can wait: 24.8 days. Beyond it, `setTimeout` fires at once. */
const longestMs = 2_147_483_647;
const milliseconds = z.number().nonnegative().max(longestMs);
const limitMs = z.number().positive().max(longestMs);

/** A provider object of the user's: judged by the method that the engine will call and the formats it will ask for. */
function ownProvider(method: string, formats?: string): z.ZodType {
  return z.custom((value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { name, [method]: call } = value as Record<string, unknown>;
    if (typeof name !== 'string' || typeof call !== 'function') return false;
    return formats === undefined || typeof Reflect.get(value, formats) === 'object';
  });
}

const localStt = z.strictObject({
  provider: z.literal('local'),
  grammar: z.string().min(1).optional(),
  words: z.record(z.string(), z.string()).optional(),
});
const localLlm = z.strictObject({ provider: z.literal('local') });
const localTts = z.strictObject({ provider: z.literal('local'), voice: z.enum(fliteVoices).optional() });

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
  tools: z.record(z.string(), tool).optional(),
  apology: z.string().optional(),
});

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
  agent: agent.optional(),
  turnTaking: turnTaking.partial().optional(),
  limits: limits.partial().optional(),
});

/** A config with every default filled in. */
export interface ResolvedConfig {
  readonly type: TransportType;
  readonly stt: LocalSttConfig | SpeechToText;
  readonly llm: LocalLlmConfig | LanguageModel | ModelFunction;
  readonly tts: LocalTtsConfig | TextToSpeech;
  readonly agent: Required<AgentConfig> | null;
  /** What was given; the rest depends on the providers. */
  readonly turnTaking: Partial<TurnTaking>;
  readonly limits: SessionLimits;
}

/** Checks a config and fills in the defaults. Throws one ConfigError that lists every problem. */
export function resolveConfig(config: SessionConfig): ResolvedConfig {
  const problems: ConfigProblem[] = [];
  const parsed = shape.safeParse(config, { reportInput: true });
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue)));
  // Providers are checked apart, since a union's own error would not say which alternative was meant.
  const { stt, llm, tts, inbound, outbound } = fieldsOf(config);
  problems.push(...providerProblems('stt', stt, localStt, ownProvider('open', 'accepts')));
  problems.push(...providerProblems('llm', llm, localLlm, ownProvider('generate')));
  problems.push(...providerProblems('tts', tts, localTts, ownProvider('open', 'produces')));
  problems.push(...transportProblems(direction.safeParse(inbound).data, direction.safeParse(outbound).data));
  if (problems.length > 0) throw new ConfigError(problems);
  // What the user gave is used as it is: a copy of a tool would lose its `this`.
  return {
    type: config.inbound.type,
    stt: config.stt ?? { provider: 'local' },
    llm: config.llm ?? { provider: 'local' },
    tts: config.tts ?? { provider: 'local' },
    agent: config.agent
      ? { greeting: '', tools: {}, apology: defaultApology, ...defined(config.agent) }
      : null,
    turnTaking: defined(config.turnTaking ?? {}),
    limits: { ...defaultSessionLimits, ...defined(config.limits ?? {}) },
  };
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

function providerProblems(field: string, value: unknown, local: z.ZodType, own: z.ZodType): ConfigProblem[] {
  if (value === undefined || own.safeParse(value).success) return [];
  if (field === 'llm' && typeof value === 'function') return [];
  const provider: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'provider') : undefined;
  if (typeof provider === 'string' && cloudProviders.includes(provider)) {
    return [
      {
        field: `${field}.provider`,
        problem: `'${provider}' is not part of this version.`,
        remedy: "Use { provider: 'local' }, or pass an object of your own that meets the contract.",
      },
    ];
  }
  const parsed = local.safeParse(value, { reportInput: true });
  if (parsed.success) return [];
  if (provider === undefined) {
    return [
      {
        field,
        problem: 'is neither a provider by name nor an object that meets the contract.',
        remedy: `Write { provider: 'local' }, or see the ${field} contract in ARCHITECTURE.md.`,
      },
    ];
  }
  return parsed.error.issues.flatMap((issue) => problemsOf(issue, field));
}

function problemsOf(issue: z.core.$ZodIssue, prefix = ''): ConfigProblem[] {
  const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  const field = path === '' ? 'config' : path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: path === '' ? key : `${path}.${key}`,
      problem: 'is no field of the config.',
      remedy: 'Remove it, or check its spelling.',
    }));
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map((value) => `'${String(value)}'`).join(', ');
    const problem = issue.input === undefined ? 'is missing.' : `is ${shown(issue.input)}.`;
    return [{ field, problem, remedy: `Use one of: ${allowed}.` }];
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const bound =
      issue.code === 'too_small'
        ? `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
        : `at most ${issue.maximum}`;
    if (typeof issue.input === 'number')
      return [{ field, problem: `is ${issue.input}.`, remedy: `Give a number of ${bound}.` }];
    return [{ field, problem: 'is empty.', remedy: 'Write it, or leave the field out.' }];
  }
  if (issue.code === 'invalid_type') {
    const problem = issue.input === undefined ? 'is missing.' : `is ${shown(issue.input)}.`;
    return [{ field, problem, remedy: `Give ${typeNames[issue.expected] ?? issue.expected}.` }];
  }
  return [{ field, problem: `${issue.message}.`, remedy: 'Correct the value.' }];
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** A wrong value, short and without what it may hold: fields can be mixed up, and one of them is a key. */
function shown(value: unknown): string {
  if (value === null || ['number', 'boolean', 'bigint'].includes(typeof value)) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.length <= 20 ? `'${value}'` : 'a long string';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Without the fields that are undefined, so that they do not overwrite defaults. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
