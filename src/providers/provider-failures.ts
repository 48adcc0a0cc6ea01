import { messageOf, ProviderError } from '../core/errors.js';

/** One error for all failures; a single failure is returned unchanged. */
export function oneErrorOf(failures: readonly unknown[]): unknown {
  const refused = failures.find((failure) => failure instanceof ProviderError);
  if (!refused || failures.length === 1) return refused ?? failures[0];
  const { kind, provider, category, field } = refused;
  const lines = failures.map((failure) => `  ${messageOf(failure)}`);
  return new ProviderError(`${failures.length} providers cannot be used:\n${lines.join('\n')}`, {
    kind,
    provider,
    category,
    ...(field !== undefined && { field }),
    cause: new AggregateError(failures),
  });
}
