import { z } from 'zod';

/** A request to the simulated speech endpoint. */
export interface SpeechCall {
  readonly model: string;
  readonly voice: string;
  readonly input: string;
  readonly instructions?: string | undefined;
  readonly speed?: number | undefined;
}

/** Why a request is refused, in OpenAI's form. */
export interface SpeechRefusal {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
  readonly param?: string;
}

const voices = [
  ...['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'fable', 'marin', 'nova', 'onyx', 'sage'],
  ...['shimmer', 'verse'],
];
/** Voices of `tts-1` and `tts-1-hd`. Source: https://developers.openai.com/api/docs/guides/text-to-speech */
const oldVoices = ['alloy', 'ash', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer'];
const longestInput = 4096;

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
const callSchema = z.strictObject({
  model: z.string(),
  input: z.string().min(1).max(longestInput),
  voice: z.union([z.string(), z.strictObject({ id: z.string() }).transform(({ id }) => id)]),
  instructions: z.string().max(longestInput).optional(),
  response_format: z.literal('pcm'),
  stream_format: z.literal('audio').optional(),
  speed: z.number().min(0.25).max(4).optional(),
});

/** Reads a request's body; returns the refusal of a wrong one. */
export function readSpeechCall(json: string, models: readonly string[]): SpeechCall | SpeechRefusal {
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    return { status: 400, code: null, message: 'We could not parse the JSON body of your request.' };
  }
  const parsed = callSchema.safeParse(body);
  if (!parsed.success) return refusalOf(parsed.error);
  const { model, voice } = parsed.data;
  if (!models.includes(model))
    return {
      status: 404,
      code: 'model_not_found',
      message: `The model '${model}' does not exist or you do not have access to it.`,
    };
  const known = /^tts-1/.test(model) ? oldVoices : voices;
  if (!known.includes(voice) && !/^voice_\w+$/.test(voice))
    return {
      ...{ status: 400, code: 'invalid_value', param: 'voice' },
      message: `Invalid value: '${voice}'. Supported values are: ${known.map((name) => `'${name}'`).join(', ')}.`,
    };
  return parsed.data;
}

function refusalOf({ issues: [issue] }: z.ZodError): SpeechRefusal {
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined)
    return {
      ...{ status: 400, code: 'unknown_parameter', param: unknown },
      message: `Unknown parameter: '${unknown}'.`,
    };
  const param = issue?.path.join('.') ?? '';
  return {
    ...{ status: 400, code: 'invalid_value', param },
    message: `Invalid '${param}': ${issue?.message ?? ''}.`,
  };
}
