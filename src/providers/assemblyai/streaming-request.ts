/**
 * The query of `/v3/ws`.
 *
 * Source: https://www.assemblyai.com/docs/api-reference/streaming-api/universal-streaming and the vendor's SDK (`assemblyai`
 * 4.41.5, `services/streaming/service.ts`).
 */
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { ConfigProblem } from '../../core/errors.js';
import { withoutTrailingSlashes } from '../../network/base-url.js';

/** A value of the query; a list is sent as JSON. */
export type ExtraValue = string | number | boolean | readonly string[];

/** Options of the recognition, in AssemblyAI's own terms, with units. */
export interface AssemblyAiRecognition {
  /** For example `universal-streaming-english`, which costs less. @default 'universal-3-5-pro' */
  readonly model?: string;
  /** The language, for example `de`; not for `universal-streaming-…`. @default the model detects it */
  readonly language?: string;
  /** Several languages that may be spoken, at most ten. */
  readonly languages?: readonly string[];
  /** Names and terms to listen for: at most 100, of at most 50 characters each. */
  readonly keyterms?: readonly string[];
  /**
   * Punctuation, capital letters and numbers in figures, for `universal-streaming-…`: each final then comes later. Other
   * models always write them. @default false
   */
  readonly formatTurns?: boolean;
  /** Confidence with which `universal-streaming-…` ends a turn, 0 to 1. @default AssemblyAI's own, 0.4 */
  readonly endOfTurnConfidenceThreshold?: number;
  /** Silence after which a turn may end, 50 to 10000. @default AssemblyAI's own, by model */
  readonly minTurnSilenceMs?: number;
  /** Silence after which a turn ends in any case. @default AssemblyAI's own, by model */
  readonly maxTurnSilenceMs?: number;
  /** How certain it must be of a voice, 0 to 1. @default AssemblyAI's own */
  readonly vadThreshold?: number;
  /** Replaces profanity by asterisks. @default false */
  readonly filterProfanity?: boolean;
  /** Replaces personal data; then it sends no interim results. @default false */
  readonly redactPii?: boolean;
  /** Any other parameter of the query, by AssemblyAI's name, for example `{ mode: 'min_latency' }`. */
  readonly extra?: Readonly<Record<string, ExtraValue>>;
}

export const defaultModel = 'universal-3-5-pro';
const service = 'https://streaming.assemblyai.com';

/** The address of the service, without a slash at its end; http, https, ws or wss becomes the given kind. */
export function serviceUrl(baseUrl: string | undefined, kind: 'http' | 'ws'): string {
  return withoutTrailingSlashes((baseUrl ?? service).replace(/^(http|ws)/i, kind));
}

/** The address of a stream. */
export function streamingUrl(
  baseUrl: string | undefined,
  options: AssemblyAiRecognition,
  { encoding, sampleRateHz }: AudioFormat,
): string {
  const { model = defaultModel, language, languages = language === undefined ? [] : [language] } = options;
  const query = new URLSearchParams({
    sample_rate: String(sampleRateHz),
    encoding: encoding === 'mulaw' ? 'pcm_mulaw' : 'pcm_s16le',
    speech_model: model,
  });
  const set = (name: string, value: ExtraValue | undefined): void => {
    if (value !== undefined)
      query.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  };
  set('language_codes', languages.length > 0 ? languages : undefined);
  set('keyterms_prompt', options.keyterms?.length ? options.keyterms : undefined);
  set('format_turns', options.formatTurns);
  set('end_of_turn_confidence_threshold', options.endOfTurnConfidenceThreshold);
  set('min_turn_silence', options.minTurnSilenceMs);
  set('max_turn_silence', options.maxTurnSilenceMs);
  set('vad_threshold', options.vadThreshold);
  set('filter_profanity', options.filterProfanity);
  set('redact_pii', options.redactPii);
  for (const [name, value] of Object.entries(options.extra ?? {})) set(name, value);
  return `${serviceUrl(baseUrl, 'ws')}/v3/ws?${query.toString()}`;
}

interface Range {
  readonly field: 'endOfTurnConfidenceThreshold' | 'minTurnSilenceMs' | 'maxTurnSilenceMs' | 'vadThreshold';
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

const ranges: readonly Range[] = [
  { field: 'endOfTurnConfidenceThreshold', least: 0, most: 1, isWhole: false },
  { field: 'minTurnSilenceMs', least: 50, most: 10_000, isWhole: true },
  { field: 'maxTurnSilenceMs', least: 50, most: 60_000, isWhole: true },
  { field: 'vadThreshold', least: 0, most: 1, isWhole: false },
];

const maxKeyterms = 100;
const maxKeytermChars = 50;
const maxLanguages = 10;
/** Parameters that follow from the audio and the key. */
const ownParameters = ['sample_rate', 'encoding', 'speech_model', 'token'];

/** Problems of options that AssemblyAI would refuse when a stream is opened. */
export function recognitionProblems(options: AssemblyAiRecognition): ConfigProblem[] {
  return [
    ...ranges.flatMap((range) => numberProblem(options[range.field], range)),
    ...keytermProblem(options),
    ...languageProblem(options),
    ...extraProblem(options),
  ];
}

function numberProblem(value: number | undefined, { field, least, most, isWhole }: Range): ConfigProblem[] {
  if (value === undefined) return [];
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return [];
  return [
    {
      field,
      problem: `is ${value}, which AssemblyAI refuses.`,
      remedy: `Write ${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}.`,
    },
  ];
}

function keytermProblem({ keyterms = [] }: AssemblyAiRecognition): ConfigProblem[] {
  const long = keyterms.find((term) => term.length > maxKeytermChars);
  if (keyterms.length <= maxKeyterms && long === undefined) return [];
  return [
    {
      field: 'keyterms',
      problem: long === undefined ? `are ${keyterms.length}.` : `have a term of ${long.length} characters.`,
      remedy: `AssemblyAI takes ${maxKeyterms} terms of at most ${maxKeytermChars} characters.`,
    },
  ];
}

function languageProblem({
  model = defaultModel,
  language,
  languages,
}: AssemblyAiRecognition): ConfigProblem[] {
  const field = language === undefined ? 'languages' : 'language';
  if (language === undefined && languages === undefined) return [];
  if (language !== undefined && languages !== undefined)
    return [{ field, problem: 'is given beside languages.', remedy: 'Leave one of them out.' }];
  if (model.startsWith('universal-streaming'))
    return [
      {
        field,
        problem: `is given, but '${model}' takes none.`,
        remedy: `Use model '${defaultModel}', or 'universal-streaming-multilingual' without a language.`,
      },
    ];
  if ((languages?.length ?? 0) <= maxLanguages) return [];
  return [{ field, problem: `are ${languages?.length}.`, remedy: `AssemblyAI takes ${maxLanguages}.` }];
}

function extraProblem({ extra = {} }: AssemblyAiRecognition): ConfigProblem[] {
  const own = Object.keys(extra).filter((name) => ownParameters.includes(name));
  return own.map((name) => ({
    field: `extra.${name}`,
    problem: 'is set by hzrelay.',
    remedy: name === 'speech_model' ? 'Use the field model.' : 'Leave it out.',
  }));
}
