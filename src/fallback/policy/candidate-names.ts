import { ProviderError } from '../../core/errors.js';
import type { Candidate, Probable } from './candidate.js';

/**
 * A unique name for each candidate of a list: the provider's; if others have the same, with the model, as `openai (gpt-4.1-mini)`; if
 * that is not unique either, with the place in the list, as `openai #2`.
 */
export function distinctNames<M extends Candidate<Probable>>(
  candidates: readonly M[],
): ReadonlyMap<M, string> {
  const names = candidates.map(({ provider }) => provider.name);
  const withModels = candidates.map(({ provider: { name, model } }) => (model ? `${name} (${model})` : null));
  return new Map(
    candidates.map((candidate, index) => {
      const { name } = candidate.provider;
      const withModel = withModels[index] ?? null;
      if (isAlone(name, names)) return [candidate, name];
      return [
        candidate,
        withModel !== null && isAlone(withModel, withModels) ? withModel : `${name} #${index + 1}`,
      ];
    }),
  );
}

/** The same error under another provider's name. */
export function renamed(error: ProviderError, provider: string): ProviderError {
  const { message, kind, category, retryable, retryAfterMs, field, requestId } = error;
  return new ProviderError(message, {
    ...{ kind, provider, category, retryable, cause: error },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(field !== undefined && { field }),
    ...(requestId !== undefined && { requestId }),
  });
}

function isAlone<T>(one: T, all: readonly T[]): boolean {
  return all.indexOf(one) === all.lastIndexOf(one);
}
