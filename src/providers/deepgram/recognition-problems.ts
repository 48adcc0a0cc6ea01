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
