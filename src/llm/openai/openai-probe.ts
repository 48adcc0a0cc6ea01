import type { OpenAI } from 'openai';
import { AnswerError } from './answer-reader.js';

/** What the SDK's errors say about a refusal. */
interface Refusal {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/**
 * Asks for the model, which costs no tokens. Compatible servers that cannot show one model are asked for their list, and
 * those that have none for an answer to nothing, which they refuse as a bad request where the address is right. A key that
 * is good for answers may be forbidden to look at models; that it is told so proves it. Throws what the SDK throws.
 *
 * Source: https://platform.openai.com/docs/api-reference/models/retrieve
 */
export async function probeOpenAi(client: OpenAI, model: string, signal: AbortSignal): Promise<void> {
  const requests: readonly (() => Promise<unknown>)[] = [
    () => client.models.retrieve(model, { signal }),
    () => client.models.list({ signal }),
    () => client.post('/chat/completions', { body: {}, signal }),
  ];
  let last: unknown;
  for (const [index, request] of requests.entries()) {
    try {
      const answer = await request();
      if (typeof answer === 'object') return;
      throw new AnswerError('It does not answer as the API does: check the base URL.', 'server');
    } catch (thrown) {
      if (lacksScope(thrown) || (index === 2 && isBadRequest(thrown))) return;
      if (!isUnknownPath(thrown)) throw thrown;
      last = thrown;
    }
  }
  throw last;
}

/** Whether the server knows the key, and only does not let it look at models. */
function lacksScope(thrown: unknown): boolean {
  const { status, code, message } = thrown as Refusal;
  if (code === 'missing_scope' || /missing scopes/i.test(String(message))) return true;
  return status === 403 && code !== 'unsupported_country_region_territory';
}

/** Whether there is nothing at that address; that the model does not exist is another matter. */
function isUnknownPath(thrown: unknown): boolean {
  const { status, code } = thrown as Refusal;
  return (status === 404 || status === 405) && code !== 'model_not_found';
}

function isBadRequest(thrown: unknown): boolean {
  const { status } = thrown as Refusal;
  return status === 400 || status === 422;
}
