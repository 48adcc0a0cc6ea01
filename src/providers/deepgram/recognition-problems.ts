import type { ConfigProblem } from '../../core/errors.js';
import { isFlux, type DeepgramRecognition } from './listen-request.js';

/** The range of numbers that Deepgram accepts for a field. */
interface Range {
  readonly field:
    | 'endpointingMs'
    | 'utteranceEndMs'
    | 'endOfTurnThreshold'
    | 'eagerEndOfTurnThreshold'
    | 'endOfTurnTimeoutMs';
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

/**
 * Sources: https://developers.deepgram.com/docs/endpointing, `…/docs/utterance-end` and `…/docs/flux/configuration`.
 * Deepgram refuses other numbers with HTTP 400 when a stream is opened; here they are refused when the config is read.
 */
const ranges: readonly Range[] = [
  { field: 'endpointingMs', least: 1, most: 60_000, isWhole: true },
  { field: 'utteranceEndMs', least: 1000, most: 60_000, isWhole: true },
  { field: 'endOfTurnThreshold', least: 0.5, most: 1, isWhole: false },
  { field: 'eagerEndOfTurnThreshold', least: 0.3, most: 0.9, isWhole: false },
  { field: 'endOfTurnTimeoutMs', least: 500, most: 60_000, isWhole: true },
];

/** Problems for options that Deepgram would refuse; `field` is the option's name. Values are never rounded silently. */
export function recognitionProblems(options: DeepgramRecognition): ConfigProblem[] {
  return [
    ...ranges.flatMap((range) => numberProblem(options[range.field], range)),
    ...keytermProblem(options),
    ...languageProblem(options),
    ...languagesProblems(options),
    ...fluxProblems(options),
    ...extraProblems(options),
  ];
}

function numberProblem(value: number | undefined, { field, least, most, isWhole }: Range): ConfigProblem[] {
  if (value === undefined) return [];
  const isInside = value >= least && value <= most;
  if (isInside && (!isWhole || Number.isInteger(value))) return [];
  const kind = isWhole ? 'a whole number' : 'a number';
  const near = Number.isFinite(value) ? nearest(value, least, most, isWhole) : null;
  return [
    {
      field,
      problem: `is ${value}, which Deepgram refuses.`,
      remedy: `Write ${kind} from ${least} to ${most}${near === null ? '' : `, for example ${near}`}.`,
    },
  ];
}

function nearest(value: number, least: number, most: number, isWhole: boolean): number {
  const inside = Math.min(most, Math.max(least, value));
  return isWhole ? Math.round(inside) : inside;
}

/** `nova`, `nova-2`, `nova-2-phonecall`, `enhanced-general`, …; not `nova-3`. */
const olderModel = /^(nova(?!-[3-9])|enhanced|base|whisper)\b/;

/** Source: https://developers.deepgram.com/docs/keyterm */
function keytermProblem({ model = 'nova-3', keyterms = [] }: DeepgramRecognition): ConfigProblem[] {
  if (keyterms.length === 0 || !olderModel.test(model)) return [];
  return [
    {
      field: 'keyterms',
      problem: `are given, but '${model}' takes none.`,
      remedy: "Use model 'nova-3' or a Flux model, or leave keyterms out.",
    },
  ];
}

/** Source: https://developers.deepgram.com/docs/flux/language-prompting */
function languageProblem({ model = 'nova-3', language }: DeepgramRecognition): ConfigProblem[] {
  if (language === undefined || !isFlux(model) || model.startsWith('flux-general-multi')) return [];
  return [
    {
      field: 'language',
      problem: `is '${language}', but '${model}' takes no language.`,
      remedy: "Use model 'flux-general-multi', or leave language out.",
    },
  ];
}

/** Source: https://developers.deepgram.com/docs/flux/language-prompting */
function languagesProblems({
  model = 'nova-3',
  language,
  languages = [],
}: DeepgramRecognition): ConfigProblem[] {
  if (languages.length === 0) return [];
  if (!model.startsWith('flux-general-multi')) {
    const several = isFlux(model) ? "Use model 'flux-general-multi'" : "Write language: 'multi'";
    return [
      {
        field: 'languages',
        problem: `are given, but '${model}' takes no list of languages.`,
        remedy: `${several}, or leave languages out.`,
      },
    ];
  }
  if (language === undefined) return [];
  return [{ field: 'languages', problem: 'are given besides language.', remedy: 'Leave language out.' }];
}

/** What only Nova knows: the SDK's types of `/v2/listen` lack it. */
const novaOnly = ['punctuate', 'smartFormat', 'endpointingMs', 'utteranceEndMs'] as const;
/** Source: the SDK's type `ListenV2Redact`. */
const fluxRedactions = ['numbers', 'aggressive_numbers'];

function fluxProblems(options: DeepgramRecognition): ConfigProblem[] {
  const { model = 'nova-3', redact = [] } = options;
  if (!isFlux(model)) return [];
  const unknown = redact.find((what) => !fluxRedactions.includes(what));
  return [
    ...novaOnly
      .filter((field) => options[field] !== undefined)
      .map((field) => ({
        field,
        problem: `is given, but '${model}' does not have it.`,
        remedy: `Leave ${field} out, or use model 'nova-3'.`,
      })),
    ...(unknown === undefined
      ? []
      : [
          {
            field: 'redact',
            problem: `has '${unknown}', which '${model}' does not know.`,
            remedy: `Use ${fluxRedactions.map((what) => `'${what}'`).join(' or ')}, or model 'nova-3'.`,
          },
        ]),
  ];
}

/** Parameters that have an option, or that the adapter needs as they are. */
const ownParameters: Readonly<Record<string, string>> = {
  model: 'Use model.',
  language: 'Use language.',
  language_hint: 'Use languages.',
  keyterm: 'Use keyterms.',
  redact: 'Use redact.',
  replace: 'Use replace.',
  numerals: 'Use numerals.',
  profanity_filter: 'Use profanityFilter.',
  mip_opt_out: 'Use mipOptOut.',
  tag: 'Use tags.',
  punctuate: 'Use punctuate.',
  smart_format: 'Use smartFormat.',
  endpointing: 'Use endpointingMs.',
  utterance_end_ms: 'Use utteranceEndMs.',
  eot_threshold: 'Use endOfTurnThreshold.',
  eager_eot_threshold: 'Use eagerEndOfTurnThreshold.',
  eot_timeout_ms: 'Use endOfTurnTimeoutMs.',
  encoding: 'The transport decides it.',
  sample_rate: 'The transport decides it.',
  channels: 'A call has one.',
  multichannel: 'A call has one channel.',
  interim_results: 'Interim results are needed.',
  callback: 'The results are needed here.',
};

function extraProblems({ extra = {} }: DeepgramRecognition): ConfigProblem[] {
  return Object.keys(extra)
    .filter((name) => Object.hasOwn(ownParameters, name))
    .map((name) => ({
      field: `extra.${name}`,
      problem: 'cannot be given here.',
      remedy: ownParameters[name] ?? '',
    }));
}
