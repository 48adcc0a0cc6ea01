/**
 * Finds out which voices and models an account's key may use, with requests that cost nothing.
 *
 * Sources: https://elevenlabs.io/docs/api-reference/voices/get, …/voices/search, …/models/list; the fields as in the
 * types of `@elevenlabs/elevenlabs-js`. `GET /v1/voices` is the older list, which compatible servers have too. It
 * "stops working once the user's workspace exceeds 500 voices"; then `/v2/voices` is used.
 */
import { z } from 'zod';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { ProbeAnswer } from '../probe.js';
import { leavingNotice, leavingVoices } from './default-voices.js';
import { failureOfAnswer, type ElevenLabsFailure } from './elevenlabs-errors.js';

/** Sends a GET request to a path of the API. */
export type AskAccount = (path: string) => Promise<ProbeAnswer>;

/** The answer to a question, or the refusal. */
export type Answered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: ElevenLabsFailure };

const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const voiceSchema = z.object({
  voice_id: z.string().min(1),
  category: text,
  is_legacy: flag,
  is_owner: flag,
});
type Voice = z.infer<typeof voiceSchema>;

const voiceList = z.object({ voices: z.array(z.unknown()) });
const modelList = z.array(z.object({ model_id: z.string() }));

/** The code for a key without the permission to read voices: it says nothing about the voice itself. */
const missingScope = 'missing_permissions';

/**
 * Picks a voice of the account that is not in `refused`. Order of preference: voices made by description, default
 * voices, voices from the library, cloned voices, legacy voices.
 */
export async function pickVoice(ask: AskAccount, refused: ReadonlySet<string>): Promise<Answered<string>> {
  let answer = await ask('/v1/voices');
  if ([400, 404, 410].includes(answer.status)) {
    const newer = await ask('/v2/voices?page_size=100');
    if (newer.status === 200) answer = newer;
  }
  if (answer.status !== 200) return refusedList(answer);
  const listed = voiceList.safeParse(jsonOf(answer.body));
  if (!listed.success) return noVoice('Its answer is not a list of voices');
  const voices = listed.data.voices.flatMap((raw) => {
    const voice = voiceSchema.safeParse(raw);
    return voice.success && !refused.has(voice.data.voice_id) ? [voice.data] : [];
  });
  const [best] = voices.sort((one, other) => rankOf(one) - rankOf(other));
  if (!best) return noVoice('The account has no voice that can be used, and no tts.voiceId is configured');
  return { ok: true, value: best.voice_id };
}

function refusedList(answer: ProbeAnswer): Answered<never> {
  const failure = failureOfAnswer(answer.status, answer.body, answer.retryAfterMs);
  if (failure.code !== missingScope) return { ok: false, failure };
  return noVoice(
    'The API key may not list voices (it lacks the permission voices_read), and no tts.voiceId is configured',
  );
}

function noVoice(message: string): Answered<never> {
  return { ok: false, failure: { message, category: 'bad_request', field: 'tts.voiceId' } };
}

function rankOf({ voice_id: id, category, is_legacy: isLegacy, is_owner: isOwner }: Voice): number {
  if (isLegacy) return 4;
  if (category === 'generated') return 0;
  if (category === 'premade' || (!category && id in leavingVoices)) return 1;
  return category === 'cloned' || isOwner ? 3 : 2;
}

/**
 * Checks a configured voice. A refusal for lack of the permission to read voices counts as success: a wrong key gets
 * another error.
 */
export async function checkVoice(
  ask: AskAccount,
  voiceId: string,
): Promise<Answered<readonly ProviderNotice[]>> {
  const answer = await ask(`/v1/voices/${encodeURIComponent(voiceId)}`);
  if (answer.status === 200) {
    const voice = voiceSchema.safeParse(jsonOf(answer.body));
    const { category, is_legacy: isLegacy } = voice.success ? voice.data : {};
    const leaves = isLegacy === true || category === 'premade' || voiceId in leavingVoices;
    return { ok: true, value: leaves ? [leavingNotice(voiceId)] : [] };
  }
  const failure = failureOfAnswer(answer.status, answer.body, answer.retryAfterMs);
  if (failure.code === missingScope)
    return { ok: true, value: voiceId in leavingVoices ? [leavingNotice(voiceId)] : [] };
  // ElevenLabs' own refusals have a code; one without it comes from another server that lacks this route.
  const isAboutVoice = (answer.status === 404 || answer.status === 400) && failure.code !== undefined;
  return { ok: false, failure: isAboutVoice ? { ...failure, field: 'tts.voiceId' } : failure };
}

/** Looks for the model in the account's list; null if it is there or the list cannot be read. */
export async function checkModel(ask: AskAccount, modelId: string): Promise<ElevenLabsFailure | null> {
  const answer = await ask('/v1/models');
  const models = answer.status === 200 ? modelList.safeParse(jsonOf(answer.body)) : null;
  if (!models?.success || models.data.length === 0) return null;
  if (models.data.some(({ model_id: id }) => id === modelId)) return null;
  return {
    message: 'It is not among the models of the account',
    category: 'bad_request',
    field: 'tts.modelId',
  };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
