import type { OpenAI } from 'openai';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { AnswerError } from './answer-reader.js';
import { suggestedModel } from './known-models.js';
import type { FreeCheck } from './service-traits.js';
import { isUnknownModel } from './unknown-model.js';
import { fieldsOf, listOf, stringOf } from './wire-value.js';

/** Fields of the SDK's errors. */
interface Refusal {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/**
 * Requests the model, which costs no tokens. A compatible server without that route is asked for its list of models.
 * Without a list, it gets an empty chat request, which it refuses as a bad request if the address is right. A valid key
 * may lack the right to read models; that refusal also proves the key. Throws what the SDK throws.
 *
 * Sources: https://platform.openai.com/docs/api-reference/models/retrieve, and for `shutdown_date`
 * https://developers.openai.com/api/docs/deprecations
 */
export async function probeOpenAi(
  client: OpenAI,
  model: string,
  check: FreeCheck,
  signal: AbortSignal,
): Promise<readonly ProviderNotice[]> {
  const retrieve: Step = { send: () => client.models.retrieve(model, { signal }) };
  // The SDK's own list method drops other fields.
  const list: Step = { send: () => client.get('/models', { signal }) };
  const refused = (body: object): Step => ({
    send: () => client.post('/chat/completions', { body, signal }),
    isProofOfKey: isBadRequest,
  });
  const steps: Readonly<Record<FreeCheck, readonly Step[]>> = {
    model: [retrieve, list, refused({})],
    listed_model: [{ ...list, isEnough: (answer) => hasModel(answer, model) }, retrieve],
    key_record: [{ send: () => client.get('/key', { signal }) }],
    empty_request: [refused({ model, messages: [] })],
  };
  let last: unknown;
  for (const { send, isProofOfKey, isEnough } of steps[check]) {
    try {
      const answer = await send();
      if (isEnough?.(answer) === false) continue;
      if (typeof answer === 'object') return noticesFor(model, answer);
      throw new AnswerError('Its answer is not one of the API: check the base URL.', 'server');
    } catch (thrown) {
      if (lacksScope(thrown) || isProofOfKey?.(thrown)) return [];
      if (!isUnknownPath(thrown)) throw thrown;
      last = thrown;
    }
  }
  throw last;
}

/** One request of a check. */
interface Step {
  readonly send: () => Promise<unknown>;
  /** Whether a refusal shows that the key is accepted. */
  readonly isProofOfKey?: (thrown: unknown) => boolean;
  /** Whether the answer ends the check. @default any does */
  readonly isEnough?: (answer: unknown) => boolean;
}

function hasModel(answer: unknown, model: string): boolean {
  return listOf(fieldsOf(answer)?.data).some((entry) => fieldsOf(entry)?.id === model);
}

/** A notice if the model has a shutdown date. */
function noticesFor(model: string, answer: unknown): ProviderNotice[] {
  const entries = [answer, ...listOf(fieldsOf(answer)?.data)].map(fieldsOf);
  const date = dayOf(entries.find((entry) => entry?.id === model)?.shutdown_date);
  if (date === '') return [];
  return [
    {
      field: 'llm.model',
      message: `The model '${model}' will be shut down on ${date}.`,
      remedy: `Name a current one, for example '${suggestedModel(model)}'.`,
    },
  ];
}

/** A day, from a text such as `2027-01-14` or from seconds since 1970, as in `created`; empty if there is none. */
function dayOf(value: unknown): string {
  if (typeof value === 'number' && value > 0 && value < 1e11)
    return new Date(value * 1000).toISOString().slice(0, 10);
  return stringOf(value).slice(0, 10);
}

/** Whether the server accepts the key but does not let it read models. */
function lacksScope(thrown: unknown): boolean {
  const { status, code, message } = thrown as Refusal;
  if (code === 'missing_scope' || /missing scopes/i.test(String(message))) return true;
  return status === 403 && code !== 'unsupported_country_region_territory';
}

/** Whether the server does not have this route, as opposed to the model. */
function isUnknownPath(thrown: unknown): boolean {
  const { status } = thrown as Refusal;
  return (status === 404 || status === 405) && !isUnknownModel(thrown);
}

function isBadRequest(thrown: unknown): boolean {
  const { status } = thrown as Refusal;
  return status === 400 || status === 422;
}
