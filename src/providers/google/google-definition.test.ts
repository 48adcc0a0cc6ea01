import { describe, expect, it } from '@jest/globals';
import { googleLlm } from './google-definition.js';

describe('the config of google', () => {
  it('takes its own fields and refuses others', () => {
    const config = { provider: 'google', toolChoice: { tool: 'book' }, thinkingLevel: 'low', topP: 0.9 };
    expect(googleLlm.schema.safeParse(config).success).toBe(true);
    expect(googleLlm.schema.safeParse({ ...config, thinkingLevel: 'none' }).success).toBe(false);
    expect(googleLlm.schema.safeParse({ ...config, maxTokens: 0 }).success).toBe(false);
  });

  it.each([
    [{ thinkingLevel: 'low', thinkingBudget: 0 }, 'thinkingBudget'],
    [{ baseUrl: 'gateway' }, 'baseUrl'],
    [{ baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai/' }, 'baseUrl'],
  ])('has a problem: %j', (fields, field) => {
    expect(googleLlm.problemsOf?.(fields)).toMatchObject([{ field }]);
  });

  it('has none with an address and its version', () => {
    expect(googleLlm.problemsOf?.({ baseUrl: 'https://generativelanguage.googleapis.com/v1beta' })).toEqual(
      [],
    );
  });
});
