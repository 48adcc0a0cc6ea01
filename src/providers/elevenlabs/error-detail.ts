import { z } from 'zod';

/** The content of an error: an HTTP error's body or a message of the socket. */
export interface ErrorDetail {
  /** ElevenLabs' own code, if it gives one. */
  readonly code?: string;
  readonly message: string;
  /** The HTTP status, if the error contains one as its code. */
  readonly status?: number;
  /** The config's field that the error names, if any. */
  readonly field?: 'tts.voiceId' | 'tts.modelId' | 'tts.languageCode' | 'tts.voiceSettings';
}

const word = z.string().nullish().catch(null);
const wordOrNumber = z.union([z.string(), z.number()]).nullish().catch(null);
const objectDetail = z.object({
  status: wordOrNumber,
  code: wordOrNumber,
  type: word,
  message: word,
  param: word,
});
const listDetail = z.array(
  z.object({ loc: z.array(z.unknown()).catch([]), msg: z.string().catch('is invalid') }),
);
const body = z.object({
  detail: z.unknown().optional(),
  error: z.unknown().optional(),
  message: word,
  type: word,
  status: wordOrNumber,
  code: wordOrNumber,
});

const fields: Readonly<Record<string, ErrorDetail['field']>> = {
  voice_id: 'tts.voiceId',
  model_id: 'tts.modelId',
  language_code: 'tts.languageCode',
  voice_settings: 'tts.voiceSettings',
};

/**
 * Reads an error in JSON, parsed or not. `detail` is a sentence, an object with `status` or `code` (or both), or a list
 * of problems of the request (422). `error` is a code beside a `message`, a sentence, or an object like `detail`. Or
 * `type` or `status` is `error` and there is a `message`. Null for anything else.
 *
 * Sources: https://github.com/dograh-hq/dograh/issues/290, https://github.com/home-assistant/core/issues/182944,
 * https://github.com/elevenlabs/elevenlabs-python/issues/293,
 * https://github.com/elevenlabs/elevenlabs-python/issues/586
 */
export function errorDetail(raw: unknown): ErrorDetail | null {
  let parsed = raw;
  try {
    if (typeof raw === 'string') parsed = JSON.parse(raw);
  } catch {
    return null;
  }
  const known = body.safeParse(parsed);
  if (!known.success) return null;
  const { detail, error, type, status, code } = known.data;
  const message = known.data.message ?? '';
  const http = statusOf(status) ?? statusOf(code);
  const found = detailIn(detail) ?? errorIn(error, message);
  if (found) return http === null ? found : { status: http, ...found };
  return (type === 'error' || status === 'error') && message !== '' ? { message } : null;
}

function detailIn(detail: unknown): ErrorDetail | null {
  if (typeof detail === 'string') return detail === '' ? null : { message: detail };
  if (Array.isArray(detail)) return listIn(detail);
  const known = objectDetail.safeParse(detail);
  return known.success ? objectIn(known.data) : null;
}

function errorIn(error: unknown, message: string): ErrorDetail | null {
  if (error === true) return { message: message || 'an error' };
  if (typeof error === 'number') {
    const status = statusOf(error);
    return status === null ? null : { message: message || `error ${status}`, status };
  }
  if (typeof error !== 'string' || error === '') return detailIn(error);
  return /\s/.test(error) ? { message: error } : { code: error, message: message || error };
}

function listIn(list: readonly unknown[]): ErrorDetail | null {
  const known = listDetail.safeParse(list);
  if (!known.success || known.data.length === 0) return null;
  const places = known.data.map(({ loc }) => loc.map(String));
  const field = places
    .flat()
    .map((place) => fields[place])
    .find((found) => found !== undefined);
  const message = known.data
    .map(({ msg }, index) => `${places[index]?.at(-1) ?? 'request'}: ${msg}`)
    .join('; ');
  return { message, ...(field && { field }) };
}

function objectIn({ status, code, type, message, param }: z.infer<typeof objectDetail>): ErrorDetail | null {
  // `status` and `code` name the reason; `type` names only its family.
  const own = [status, code, type].find((each) => typeof each === 'string' && each !== '');
  const http = statusOf(status) ?? statusOf(code);
  if (own === undefined && http === null && !message) return null;
  const field = fields[param ?? ''];
  return {
    message: message || (http === null ? '' : `error ${http}`),
    ...(typeof own === 'string' && { code: own }),
    ...(http !== null && { status: http }),
    ...(field && { field }),
  };
}

/** The value if it is an HTTP error status, else null. */
function statusOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 400 && value <= 599 ? value : null;
}
