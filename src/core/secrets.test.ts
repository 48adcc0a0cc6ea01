import { describe, expect, it } from '@jest/globals';
import { withoutSecrets } from './secrets.js';

describe('a text without secrets', () => {
  it.each([
    ['The key sk-secret-1 was refused.', 'The key [ACME_KEY] was refused.'],
    ['sk-secret-1 and sk-secret-1', '[ACME_KEY] and [ACME_KEY]'],
    ['with more: sk-secret-1-more', 'with more: [apiKey]'],
    ['https://acme.example?key=a%2Fb%20c%2Bd', 'https://acme.example?key=[ODD]'],
    ['a short one', 'a short one'],
  ])('%s', (text, clean) => {
    expect(
      withoutSecrets(text, [
        { name: 'ACME_KEY', value: 'sk-secret-1' },
        { name: 'apiKey', value: 'sk-secret-1-more' },
        { name: 'ODD', value: 'a/b c+d' },
        { name: 'SHORT', value: 'short' },
        { name: 'EMPTY', value: '' },
      ]),
    ).toBe(clean);
  });

  it('has the name that comes first where two hold the same secret', () => {
    const value = 'sk-secret-1';
    expect(
      withoutSecrets(value, [
        { name: 'ACME_KEY', value },
        { name: 'apiKey', value },
      ]),
    ).toBe('[ACME_KEY]');
  });
});
