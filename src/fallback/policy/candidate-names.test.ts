import { describe, expect, it } from '@jest/globals';
import { ProviderError } from '../../core/errors.js';
import { distinctNames, renamed } from './candidate-names.js';

const namesOf = (...providers: readonly { readonly name: string; readonly model?: string }[]): string[] => [
  ...distinctNames(providers.map((provider) => ({ provider }))).values(),
];

describe('the names of a fallback list', () => {
  it("are its providers' names where those differ", () => {
    expect(namesOf({ name: 'openai', model: 'm' }, { name: 'local' })).toEqual(['openai', 'local']);
  });

  it('tell the model where one provider is there twice', () => {
    expect(
      namesOf({ name: 'openai', model: 'm' }, { name: 'openai', model: 'n' }, { name: 'local' }),
    ).toEqual(['openai (m)', 'openai (n)', 'local']);
  });

  it('tell the place where the model is the same, or not known', () => {
    expect(namesOf({ name: 'openai', model: 'm' }, { name: 'openai', model: 'm' })).toEqual([
      'openai #1',
      'openai #2',
    ]);
    expect(namesOf({ name: 'function' }, { name: 'function' }, { name: 'openai' })).toEqual([
      'function #1',
      'function #2',
      'openai',
    ]);
  });

  it('change nothing of an error but its provider', () => {
    const details = { kind: 'llm', provider: 'openai', category: 'rate_limit', retryAfterMs: 5 } as const;
    const error = new ProviderError('No.', details);
    expect(renamed(error, 'openai (m)')).toMatchObject({
      ...details,
      message: 'No.',
      provider: 'openai (m)',
      retryable: true,
      cause: error,
    });
  });
});
