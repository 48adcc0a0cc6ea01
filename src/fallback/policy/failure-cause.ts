import type { ProviderError, ProviderErrorCategory } from '../../core/errors.js';

const causes: Readonly<Record<ProviderErrorCategory, string>> = {
  auth: 'Its key was refused.',
  bad_request: 'It refused the request.',
  rate_limit: 'It takes no more requests for now.',
  timeout: 'It did not answer in time.',
  connection: 'The connection to it failed.',
  server: 'It failed, or gave no usable answer.',
  aborted: 'It was closed.',
  internal: 'It failed with an unexpected error.',
};

/** Why another provider takes over. The words contain nothing of what was sent or received. */
export function failureCause({ category }: ProviderError): string {
  return causes[category];
}

/** The same for a provider that was too slow too often. */
export const tooSlow = 'It was slower than its slaMs several times in a row.';
