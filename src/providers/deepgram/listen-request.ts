/** The query of `/v1/listen` (Nova) and of `/v2/listen` (Flux). */
import type { AudioFormat } from '../../audio/audio-frame.js';
import { listed, type ExtraParameters } from './extra-parameters.js';

/** Options of the recognition, in Deepgram's own terms, with units. */
export interface DeepgramRecognition {
  /** Models whose name begins with `flux-` speak the v2 wire, all others v1. @default 'nova-3' */
  readonly model?: string;
  /** BCP 47 tag, for example `de` or `en-GB`; `multi` detects the language. Flux: only with `flux-general-multi`. */
  readonly language?: string;
  /** Languages to expect, best first; only for `flux-general-multi`. Nova knows several by `language: 'multi'`. */
  readonly languages?: readonly string[];
  /** Names and terms to listen for; nova-3 and Flux. */
  readonly keyterms?: readonly string[];
  /**
   * What to leave out of the transcripts, for example `pci`, `ssn` or `numbers`. Flux: only `numbers` and
   * `aggressive_numbers`.
   */
  readonly redact?: readonly string[];
  /** Terms, in lower case, and what to write instead. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Numbers in figures, without the rest of `smartFormat`. @default false */
  readonly numerals?: boolean;
  /** Leaves out or replaces profanity. @default false */
  readonly profanityFilter?: boolean;
  /** Keeps the audio out of Deepgram's model improvement program, which has a price: https://dpgr.am/deepgram-mip. @default false */
  readonly mipOptOut?: boolean;
  /** Labels for Deepgram's usage reports. */
  readonly tags?: readonly string[];
  /** Any other query parameters of `/v1/listen` or `/v2/listen`; a list repeats its parameter. */
  readonly extra?: ExtraParameters;
  /** Capital letters and punctuation. Nova only: Flux always writes them. @default true */
  readonly punctuate?: boolean;
  /** Numbers, dates and amounts in figures; delays finals. Nova only. @default false */
  readonly smartFormat?: boolean;
  /** Silence after which Deepgram's own endpointing ends an utterance; Nova only. @default 300 */
  readonly endpointingMs?: number;
  /** The same, measured between words, for when noise hides the silence; at least 1000, Nova only. @default 1000 */
  readonly utteranceEndMs?: number;
  /** Confidence with which Flux ends a turn, 0.5 to 1; 1 leaves the end to the session. @default Deepgram's own, 0.7 */
  readonly endOfTurnThreshold?: number;
  /**
   * Confidence with which Flux says that a turn will probably end, 0.3 to 0.9, so that the answer is begun. @default it
   * does not say
   */
  readonly eagerEndOfTurnThreshold?: number;
  /** Silence after which Flux ends a turn at any confidence. @default Deepgram's own, 5000 */
  readonly endOfTurnTimeoutMs?: number;
}

/** Whether a model speaks the v2 wire. */
export function isFlux(model: string): boolean {
  return model.startsWith('flux-');
}

/** The SDK's own options for every stream: the supervisor reconnects, so the SDK must not. */
const connection = { reconnectAttempts: 0, shouldReconnect: () => false };

function audio({ encoding, sampleRateHz }: AudioFormat) {
  return { encoding, sample_rate: sampleRateHz };
}

/** Parameters that both wires take. */
function sharedParameters(options: DeepgramRecognition): Readonly<Record<string, unknown>> {
  const { redact = [], replace = {}, numerals, profanityFilter, mipOptOut, tags = [], extra = {} } = options;
  const replaced = Object.entries(replace).map(([term, instead]) => `${term}:${instead}`);
  return {
    ...(redact.length > 0 && { redact: [...redact] }),
    ...(replaced.length > 0 && { replace: replaced }),
    ...(numerals !== undefined && { numerals: String(numerals) }),
    ...(profanityFilter !== undefined && { profanity_filter: String(profanityFilter) }),
    ...(mipOptOut !== undefined && { mip_opt_out: String(mipOptOut) }),
    ...(tags.length > 0 && { tag: [...tags] }),
    ...listed(extra),
  };
}

/** Arguments of the SDK's `listen.v1.connect`. */
export function novaRequest(model: string, options: DeepgramRecognition, format: AudioFormat) {
  const { language, keyterms = [], punctuate = true, smartFormat = false } = options;
  return {
    ...connection,
    ...audio(format),
    model,
    channels: 1,
    ...(language !== undefined && { language }),
    ...(keyterms.length > 0 && { keyterm: [...keyterms] }),
    punctuate: String(punctuate),
    smart_format: String(smartFormat),
    interim_results: 'true',
    endpointing: options.endpointingMs ?? 300,
    utterance_end_ms: options.utteranceEndMs ?? 1000,
    queryParams: sharedParameters(options),
  };
}

/** Arguments of the SDK's `listen.v2.connect`. */
export function fluxRequest(model: string, options: DeepgramRecognition, format: AudioFormat) {
  const {
    language,
    languages = language === undefined ? [] : [language],
    keyterms = [],
    endOfTurnThreshold,
    eagerEndOfTurnThreshold,
    endOfTurnTimeoutMs,
  } = options;
  return {
    ...connection,
    ...audio(format),
    model,
    ...(languages.length > 0 && { language_hint: [...languages] }),
    ...(keyterms.length > 0 && { keyterm: [...keyterms] }),
    ...(endOfTurnThreshold !== undefined && { eot_threshold: endOfTurnThreshold }),
    ...(eagerEndOfTurnThreshold !== undefined && { eager_eot_threshold: eagerEndOfTurnThreshold }),
    ...(endOfTurnTimeoutMs !== undefined && { eot_timeout_ms: endOfTurnTimeoutMs }),
    queryParams: sharedParameters(options),
  };
}
