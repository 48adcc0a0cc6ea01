import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../core/errors.js';
import { resolveConfig } from './config.js';
import { suggestionFor } from './field-suggestion.js';

function problemsOf(config: object): string {
  try {
    resolveConfig({ inbound: { type: 'twilio' }, ...config }, {});
    return '';
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message;
    throw thrown;
  }
}

describe('a field that the config does not know', () => {
  test.each([
    [
      'an agent without defineAgent',
      { systemPrompt: 'x', greeting: 'y' },
      /systemPrompt: .*defineAgent\(\{ systemPrompt/,
    ],
    ['a voice beside the agent', { voice: 'slt' }, /voice: .*defineAgent\(\{ voice/],
    ['a slip at the top', { turntaking: {} }, /turntaking: .*Did you mean turnTaking\?/],
    [
      'a slip in the agent',
      { agent: { systemPromt: 'x', systemPrompt: 'x' } },
      /agent\.systemPromt: .*Did you mean systemPrompt\?/,
    ],
    [
      'a slip in the turn taking',
      { turnTaking: { endSilence: 1 } },
      /turnTaking\.endSilence: .*Did you mean endSilenceMs\?/,
    ],
    [
      'a slip in a provider',
      { stt: { provider: 'deepgram', apiKey: 'k', keyterm: ['x'] } },
      /stt\.keyterm: .*Did you mean keyterms\?/,
    ],
    [
      'an agent field with a slip, beside the agent',
      { systemprompt: 'x' },
      /systemprompt: .*Did you mean systemPrompt\?/,
    ],
    ['a greeting alone', { greeting: 'x' }, /greeting: .*defineAgent\(\{ greeting/],
    [
      'a field beside the agent, inside it',
      { agent: { systemPrompt: 'x', turnTaking: {} } },
      /beside the agent/,
    ],
    ['a voice inside the agent', { agent: { systemPrompt: 'x', voice: 'slt' } }, /defineAgent\(\{ voice/],
    ['another library’s name', { agent: { prompt: 'x' } }, /agent\.prompt: .*Did you mean systemPrompt\?/],
    ['another library’s name without an agent', { first_message: 'x' }, /Did you mean greeting\?/],
    ['another library’s name at the top', { model: 'x' }, /model: .*Did you mean llm\?/],
    ['nothing like it', { zebra: 1 }, /zebra: .*Remove it, or check its spelling/],
  ])('%s', (_what, config, problem) => {
    expect(problemsOf(config)).toMatch(problem);
  });

  test('has no suggestion where nothing is known', () => {
    expect(suggestionFor('zebra', [])).toBeNull();
  });
});
