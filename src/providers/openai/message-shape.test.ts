import { describe, expect, it } from '@jest/globals';
import { shapeAfter } from './message-shape.js';

describe('a refusal by a chat template', () => {
  // Mistral, Llama and Gemma on vLLM, Perplexity, Gemini, Anthropic, llama.cpp, DeepSeek.
  it.each([
    'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
    'After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).',
    'messages: roles must alternate between "user" and "assistant", but found multiple "user" roles in a row',
    'Please ensure that multiturn requests alternate between user and model.',
    'Please ensure that multiturn requests ends with a user role or a function response.',
    'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    'System message must be at the beginning.',
    'messages with role "system" must be the first message',
    'Only one system message is allowed.',
    "Unexpected role 'system' after role 'assistant'",
    'messages: first message must use the "user" role',
    'This model does not support assistant message prefill. The conversation must end with a user message.',
    'Assistant response prefill is incompatible with enable_thinking.',
    'Cannot have 2 or more assistant messages at the end of the list.',
    'Last message must have role `user`',
    'deepseek-reasoner does not support successive user or assistant messages',
    'No user query found in messages.',
  ])('is answered with strict turns: %s', (message) => {
    expect(shapeAfter('open', { status: 400, message })).toBe('strict');
    expect(shapeAfter('strict', { status: 422, message })).toBe('plain');
    expect(shapeAfter('plain', { status: 400, message })).toBeNull();
  });

  it.each(['System role not supported', 'Only user and assistant roles are supported!'])(
    'is answered with user and assistant alone: %s',
    (message) => {
      expect(shapeAfter('open', { status: 500, message })).toBe('plain');
    },
  );

  it.each<[number, string]>([
    [400, 'max_tokens is too large: 9000.'],
    [400, "Invalid schema for function 'book': the last property must be a string."],
    [400, "This model's maximum context length is 8192 tokens. Please reduce the length of the messages."],
    [400, "Unsupported parameter: 'temperature' is not supported with this model."],
    [401, 'Conversation roles must alternate user/assistant'],
    [429, 'Too many requests: please alternate your requests'],
  ])('is not what %i %s means', (status, message) => {
    expect(shapeAfter('open', { status, message })).toBeNull();
  });
});
