import { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { AnswerError } from './answer-error.js';
import { suggestedModel } from './known-models.js';
import { fieldsOf, listOf } from './wire-value.js';

/**
 * Reads the description of a model. Throws a ProviderError if the model does not answer conversations, and an
 * {@link AnswerError} if it is none of this API.
 *
 * Source: https://ai.google.dev/api/models
 */
export function modelNotices(
  described: unknown,
  { provider, model }: { readonly provider: string; readonly model: string },
): readonly ProviderNotice[] {
  const fields = fieldsOf(described);
  if (!fields) throw new AnswerError('Its answer is not one of the API: check the base URL.', 'server');
  const methods = listOf(fields.supportedGenerationMethods);
  if (methods.length > 0 && !methods.includes('generateContent'))
    throw new ProviderError(
      `The model '${model}' of ${provider} does not answer conversations: name another one in llm.model, for example '${suggestedModel(model)}'.`,
      { kind: 'llm', provider, category: 'bad_request', field: 'llm.model' },
    );
  return [];
}
