import type { ProviderNotice } from '../../events/provider-notice.js';
import { AnswerError, HttpRefusal } from './answer-error.js';
import type { AnthropicClient } from './anthropic-client.js';
import { isUnknownModel } from './anthropic-errors.js';
import { readModel, type ModelInfo } from './anthropic-messages.js';
import { suggestedModel } from './known-models.js';

export interface ProbeResult {
  readonly notices: readonly ProviderNotice[];
  /** What the service says of the model; null if it says nothing. */
  readonly model: ModelInfo | null;
}

/**
 * Requests the model, which costs no tokens. A compatible server without that route gets an empty message, which it refuses
 * as a bad request if address and key are right. A valid key may lack the right to read models; that refusal also proves the
 * key. Throws what the client throws.
 *
 * Source: https://platform.claude.com/docs/en/api/models/retrieve
 */
export async function probeAnthropic(
  client: AnthropicClient,
  name: string,
  signal: AbortSignal,
): Promise<ProbeResult> {
  try {
    const model = readModel(await client.model(name, signal));
    if (!model) throw new AnswerError('Its answer is not one of the API: check the base URL.', 'server');
    return { notices: noticesFor(name, model), model };
  } catch (thrown) {
    const status = thrown instanceof HttpRefusal ? thrown.status : null;
    if (status === 403) return { notices: [], model: null };
    if ((status !== 404 && status !== 405) || isUnknownModel(thrown, name)) throw thrown;
  }
  try {
    await client.emptyMessage(signal);
  } catch (thrown) {
    if (!(thrown instanceof HttpRefusal) || (thrown.status !== 400 && thrown.status !== 422)) throw thrown;
  }
  return { notices: [], model: null };
}

/** A notice if the model will be retired. */
function noticesFor(name: string, { lifecycle, retires_at: retiresAt }: ModelInfo): ProviderNotice[] {
  const remedy = `Name a current one, for example '${suggestedModel(name)}'.`;
  if (lifecycle === 'retired')
    throw new AnswerError(`The model '${name}' was retired. ${remedy}`, 'bad_request');
  if (lifecycle !== 'deprecated') return [];
  const when = retiresAt ? ` will be retired on ${retiresAt.slice(0, 10)}` : ' is deprecated';
  return [{ field: 'llm.model', message: `The model '${name}'${when}.`, remedy }];
}
