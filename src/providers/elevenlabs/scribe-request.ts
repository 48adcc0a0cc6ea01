/**
 * The query of `/v1/speech-to-text/realtime`.
 *
 * Source: https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime and the vendor's SDK
 * (`@elevenlabs/elevenlabs-js` 2.73.0, `wrapper/realtime/scribe.js`).
 */
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { ConfigProblem } from '../../core/errors.js';
import { withoutTrailingSlashes } from '../../network/base-url.js';

/** A value of the query; each item of a list is sent as a parameter of its own. */
export type ExtraValue = string | number | boolean | readonly string[];

/** Scribe's own detection of the end of speech. */
export interface ScribeVad {
  /** Silence that ends a segment, 0.3 to 3 seconds. @default ElevenLabs' own, 1.5 */
  readonly silenceThresholdSecs?: number;
  /** How certain it must be of a voice, 0.1 to 0.9. @default ElevenLabs' own, 0.4 */
  readonly threshold?: number;
  /** 50 to 2000. @default ElevenLabs' own, 100 */
  readonly minSpeechDurationMs?: number;
  /** 50 to 2000. @default ElevenLabs' own, 100 */
  readonly minSilenceDurationMs?: number;
}

/** Options of the recognition, in ElevenLabs' own terms, with units. */
export interface ScribeRecognition {
  /** @default 'scribe_v2_realtime' */
  readonly model?: string;
  /** ISO 639-1 or 639-3, for example `de`. @default detected */
  readonly language?: string;
  /** Names and terms to listen for: at most 50, of at most 20 characters each. */
  readonly keyterms?: readonly string[];
  /** Word times, which come with a second message: finals may be later. @default false */
  readonly timestamps?: boolean;
  /** Lets Scribe end segments by itself, too; `{}` for its own defaults. @default only a flush ends them */
  readonly vad?: ScribeVad;
  /** Removes filler words and false starts. @default false */
  readonly noVerbatim?: boolean;
  /** Any other parameter of the query, by ElevenLabs' name, for example `{ filter_background_audio: true }`. */
  readonly extra?: Readonly<Record<string, ExtraValue>>;
}

export const defaultScribeModel = 'scribe_v2_realtime';
const service = 'https://api.elevenlabs.io';

/** The rates of its PCM formats that are in use, best first; mu-law has 8000 only. */
export const scribeRatesHz = [16000, 8000, 24000, 48000];

/** What is sent for audio of a format: mu-law only at its one rate. */
export function scribeFormat({ encoding, sampleRateHz }: AudioFormat): AudioFormat {
  return { encoding: sampleRateHz === 8000 ? encoding : 'linear16', sampleRateHz };
}

/** The address of the service, without a slash at its end; http, https, ws or wss becomes the given kind. */
export function scribeServiceUrl(baseUrl: string | undefined, kind: 'http' | 'ws'): string {
  return withoutTrailingSlashes((baseUrl ?? service).replace(/^(http|ws)/i, kind));
}

/** The address of a stream. */
export function scribeUrl(
  baseUrl: string | undefined,
  options: ScribeRecognition,
  { encoding, sampleRateHz }: AudioFormat,
): string {
  const { model = defaultScribeModel, keyterms = [], vad, extra = {} } = options;
  const query = new URLSearchParams({
    model_id: model,
    audio_format: encoding === 'mulaw' ? `ulaw_${sampleRateHz}` : `pcm_${sampleRateHz}`,
    commit_strategy: vad ? 'vad' : 'manual',
  });
  const set = (name: string, value: ExtraValue | undefined): void => {
    if (value === undefined) return;
    if (typeof value === 'object') for (const each of value) query.append(name, each);
    else query.set(name, String(value));
  };
  set('language_code', options.language);
  set('keyterms', keyterms);
  set('include_timestamps', options.timestamps);
  set('no_verbatim', options.noVerbatim);
  set('vad_silence_threshold_secs', vad?.silenceThresholdSecs);
  set('vad_threshold', vad?.threshold);
  set('min_speech_duration_ms', vad?.minSpeechDurationMs);
  set('min_silence_duration_ms', vad?.minSilenceDurationMs);
  for (const [name, value] of Object.entries(extra)) set(name, value);
  return `${scribeServiceUrl(baseUrl, 'ws')}/v1/speech-to-text/realtime?${query.toString()}`;
}

const maxKeyterms = 50;
const maxKeytermChars = 20;
/** Parameters that follow from the audio, the key and other fields. */
const ownParameters = ['audio_format', 'commit_strategy', 'model_id', 'token', 'include_timestamps'];

/** Problems of options that ElevenLabs would refuse when a stream is opened. */
export function scribeProblems({ keyterms = [], vad = {}, extra = {} }: ScribeRecognition): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const long = keyterms.find((term) => term.length > maxKeytermChars);
  if (keyterms.length > maxKeyterms || long !== undefined)
    problems.push({
      field: 'keyterms',
      problem: long === undefined ? `are ${keyterms.length}.` : `have a term of ${long.length} characters.`,
      remedy: `ElevenLabs takes ${maxKeyterms} terms of at most ${maxKeytermChars} characters.`,
    });
  const ranges = [
    ['silenceThresholdSecs', 0.3, 3],
    ['threshold', 0.1, 0.9],
    ['minSpeechDurationMs', 50, 2000],
    ['minSilenceDurationMs', 50, 2000],
  ] as const;
  for (const [name, least, most] of ranges) {
    const value = vad[name];
    if (value === undefined || (value >= least && value <= most)) continue;
    problems.push({
      field: `vad.${name}`,
      problem: `is ${value}, which ElevenLabs refuses.`,
      remedy: `Write a number from ${least} to ${most}.`,
    });
  }
  for (const name of Object.keys(extra).filter((each) => ownParameters.includes(each)))
    problems.push({ field: `extra.${name}`, problem: 'is set by hzrelay.', remedy: 'Leave it out.' });
  return problems;
}
