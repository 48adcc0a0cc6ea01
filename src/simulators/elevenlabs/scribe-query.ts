/**
 * Checks the query of `/v1/speech-to-text/realtime`. Source:
 * https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime.
 */
import type { AudioFormat } from '../../audio/audio-frame.js';

/** A parsed request. */
export interface ScribeQuery {
  readonly format: AudioFormat;
  readonly isTimed: boolean;
  /** Whether Scribe ends segments by itself. */
  readonly isVad: boolean;
  /** The raw parameters; repeated ones as a list. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
}

const formats = /^(?:pcm_(8000|16000|22050|24000|44100|48000)|(ulaw_8000))$/;
const flags = [
  'include_timestamps',
  'no_verbatim',
  'include_language_detection',
  'filter_background_audio',
  'enable_logging',
];
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  vad_silence_threshold_secs: [0.3, 3],
  vad_threshold: [0.1, 0.9],
  min_speech_duration_ms: [50, 2000],
  min_silence_duration_ms: [50, 2000],
};
const texts = [
  'model_id',
  'audio_format',
  'commit_strategy',
  'language_code',
  'keyterms',
  'secondary_languages',
  'entity_detection',
  'transcript_edit',
];

/** Parses a query; returns its problem if it is invalid. */
export function parseScribeQuery(query: URLSearchParams): ScribeQuery | { readonly problem: string } {
  const parameters = Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
  for (const [name, [value = '']] of Object.entries(parameters)) {
    const range = ranges[name];
    if (range && !(Number(value) >= range[0] && Number(value) <= range[1]))
      return { problem: `${name} must be between ${range[0]} and ${range[1]}.` };
    if (flags.includes(name) && value !== 'true' && value !== 'false')
      return { problem: `${name} must be true or false.` };
    if (!range && !flags.includes(name) && !texts.includes(name)) return { problem: `There is no ${name}.` };
  }
  if (query.get('model_id') !== 'scribe_v2_realtime')
    return { problem: `The model_id ${query.get('model_id')} is not supported.` };
  const format = formats.exec(query.get('audio_format') ?? '');
  if (!format) return { problem: `The audio_format ${query.get('audio_format')} is not supported.` };
  const strategy = query.get('commit_strategy') ?? 'manual';
  if (strategy !== 'manual' && strategy !== 'vad')
    return { problem: 'commit_strategy must be manual or vad.' };
  const keyterms = query.getAll('keyterms');
  if (keyterms.length > 50 || keyterms.some((term) => term === '' || term.length > 20))
    return { problem: 'keyterms must be at most 50 terms of at most 20 characters.' };
  return {
    format: format[2]
      ? { encoding: 'mulaw', sampleRateHz: 8000 }
      : { encoding: 'linear16', sampleRateHz: Number(format[1]) },
    isTimed: query.get('include_timestamps') === 'true' || query.get('include_language_detection') === 'true',
    isVad: strategy === 'vad',
    parameters,
  };
}
