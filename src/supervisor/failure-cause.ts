import type { ProviderError, ProviderErrorCategory } from '../errors.js';

const causes: Readonly<Record<ProviderErrorCategory, string>> = {
  auth: 'Its key was refused.',
  bad_request: 'It would not take the request.',
  rate_limit: 'It takes no more requests for now.',
  timeout: 'It did not answer in time.',
  connection: 'The connection to it failed.',
  server: 'It failed to do its work.',
  aborted: 'It was closed.',
  internal: 'It failed inside.',
};

/** Why another provider takes over, in words that hold nothing of what was sent or received. */
export function failureCause({ category }: ProviderError): string {
  return causes[category];
}

/** The same, where a provider was slower than its user expects too often. */
export const tooSlow = 'It was slower than its slaMs several times in a row.';
