/** What to recognise, and how a session at OpenAI is told. */
import type { AudioFormat } from '../../../audio/audio-frame.js';
import type { ConfigProblem } from '../../../core/errors.js';

export interface OpenAiRecognition {
  /** A model for realtime transcription. @default 'gpt-live-transcribe' */
  readonly model?: string;
  /** The language of the caller, such as `en`; `gpt-live-transcribe` and `gpt-transcribe` take several. @default detected */
  readonly language?: string | readonly string[];
  /** What the call is about, in words. */
  readonly prompt?: string;
  /** Names and terms that may be said. Only for `gpt-live-transcribe` and `gpt-transcribe`. */
  readonly keyterms?: readonly string[];
  /** How long the model waits for more audio before it writes: longer is more accurate. @default OpenAI's own */
  readonly delay?: 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';
  /** `near_field` for headsets and phones, `far_field` for rooms. @default none */
  readonly noiseReduction?: 'near_field' | 'far_field';
  /** Other fields of the session, as OpenAI names them; objects are merged. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Source: https://developers.openai.com/api/docs/guides/realtime-transcription */
export const defaultModel = 'gpt-live-transcribe';

/**
 * Whether the model takes `languages` and `keywords`. It refuses `language`.
 *
 * Sources: https://developers.openai.com/api/reference/resources/realtime, livekit/agents pull request 6613
 */
function takesKeywords(model: string): boolean {
  return /^gpt-(?:live-)?transcribe(?:-|$)/.test(model);
}

/** Whether the model writes while the caller speaks; others begin when the audio is committed. */
export function isLive(model: string): boolean {
  return /^gpt-(?:live-transcribe|realtime-whisper)(?:-|$)/.test(model);
}

/** What is sent for audio of this rate: phone audio unchanged, other audio as linear PCM. */
export function sentFormat({ sampleRateHz }: AudioFormat): AudioFormat {
  return { encoding: sampleRateHz === 8000 ? 'mulaw' : 'linear16', sampleRateHz };
}

/** The session's settings, for `session.update`. Turn detection is off: the session commits what was said. */
export function sessionOf(recognition: OpenAiRecognition, format: AudioFormat): Record<string, unknown> {
  const { model = defaultModel, language, prompt, keyterms, delay, noiseReduction, extra } = recognition;
  const languages = [language ?? []].flat().map(withoutRegion);
  const input = {
    format: format.encoding === 'mulaw' ? { type: 'audio/pcmu' } : { type: 'audio/pcm', rate: 24_000 },
    transcription: {
      model,
      ...(languages.length > 0 && (takesKeywords(model) ? { languages } : { language: languages[0] })),
      ...(prompt !== undefined && { prompt }),
      ...(keyterms !== undefined && { keywords: keyterms }),
      ...(delay !== undefined && { delay }),
    },
    turn_detection: null,
    ...(noiseReduction !== undefined && { noise_reduction: { type: noiseReduction } }),
  };
  return merged({ type: 'transcription', audio: { input } }, extra ?? {});
}

/** Options that OpenAI would refuse. */
export function recognitionProblems({
  model = defaultModel,
  language,
  prompt,
  keyterms,
}: Pick<OpenAiRecognition, 'model' | 'language' | 'prompt' | 'keyterms'>): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (!takesKeywords(model) && typeof language === 'object' && language.length > 1)
    problems.push({
      field: 'language',
      problem: `is a list, and '${model}' takes one language.`,
      remedy: `Name one, leave it out, or use '${defaultModel}'.`,
    });
  if (!takesKeywords(model) && keyterms !== undefined)
    problems.push({
      field: 'keyterms',
      problem: `are not taken by '${model}'.`,
      remedy: `Write them into prompt, or use '${defaultModel}'.`,
    });
  if (keyterms?.some((term) => /[<>\r\n]/.test(term)) === true)
    problems.push({
      field: 'keyterms',
      problem: 'hold a line break, < or >.',
      remedy: 'Write each term in plain letters.',
    });
  if (prompt !== undefined && model.startsWith('gpt-realtime-whisper'))
    problems.push({
      field: 'prompt',
      problem: `is not taken by '${model}'.`,
      remedy: `Leave it out, or use '${defaultModel}'.`,
    });
  return problems;
}

/** OpenAI refuses `en-US` (livekit/agents pull request 6705). */
function withoutRegion(language: string): string {
  return language.split('-')[0] ?? language;
}

function merged(
  base: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(more)) {
    const own = base[name];
    result[name] = isFields(own) && isFields(value) ? merged(own, value) : value;
  }
  return result;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
