import { describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import { ProviderError } from '../../core/errors.js';
import { functionModel } from '../function-model.js';
import type { LanguageModel, LlmEvent } from '../language-model.js';
import { guardedProvider } from './guarded-provider.js';

const redact = (text: string): string => text.replaceAll('sk-secret', '[KEY]');

/** A guarded model that generates so, as code in JavaScript may. */
function guarded(generate: () => unknown): LanguageModel {
  const model = { name: 'acme', generate } as unknown as LanguageModel;
  return guardedProvider('llm', () => model, { name: 'acme', redact });
}

async function collect(generate: () => unknown): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  const { signal } = new AbortController();
  for await (const part of guarded(generate).generate({ messages: [], tools: [], signal })) seen.push(part);
  return seen;
}

/** A generation that gives this first. */
function giving(part: unknown): () => AsyncGenerator {
  return async function* () {
    yield await Promise.resolve(part);
    yield { type: 'done', finishReason: 'stop' };
  };
}

describeContract(
  'a guarded LanguageModel',
  languageModelContract({
    create: () => {
      const model = functionModel(() => ['One', ' two', ' three']);
      return guardedProvider('llm', () => model, { name: 'acme', redact });
    },
  }),
);

describe('a model of the user’s own', () => {
  it('gives its parts as they are', async () => {
    const part = { type: 'tool_call', call: { id: 'a', name: 'b', arguments: '{}' } };
    const [first] = await collect(giving(part));
    expect(first).toBe(part);
  });

  it.each<[unknown, string]>([
    [null, 'it is null, not an object with a type.'],
    ['Hello', 'it is a string, not an object with a type.'],
    [{}, "its type must be one of 'token', 'reasoning', 'tool_call', 'done'; it is undefined."],
    [{ type: 'text', text: 'a' }, "it is 'text'."],
    [{ type: 'token' }, "{ type: 'token' } needs text, a string; it got undefined."],
    [{ type: 'token', text: 5 }, 'it got a number.'],
    [{ type: 'tool_call' }, "{ type: 'tool_call' } needs call, { id, name, arguments }; it got undefined."],
    [{ type: 'tool_call', call: { name: 'b', arguments: '{}' } }, 'needs call.id, a string'],
    [{ type: 'tool_call', call: { id: 'a', arguments: '{}' } }, 'needs call.name, a string'],
    [
      { type: 'tool_call', call: { id: 'a', name: 'b', arguments: {} } },
      'needs call.arguments, JSON as a string; it got an object.',
    ],
    [
      { type: 'done' },
      "{ type: 'done' } needs finishReason: 'stop', 'tool_calls' or 'length'; it got undefined.",
    ],
  ])('fails by a part that breaks the contract: %j', async (part, problem) => {
    const failed = collect(giving(part));
    await expect(failed).rejects.toBeInstanceOf(ProviderError);
    await expect(failed).rejects.toMatchObject({
      ...{ kind: 'llm', provider: 'acme', category: 'internal' },
      message: expect.stringMatching(/^acme \(llm\): generate\(\) gave a wrong part: /),
    });
    await expect(failed).rejects.toThrow(problem);
  });

  it.each<[string, () => unknown, string]>([
    ['a promise', () => Promise.resolve([]), 'it returned a promise.'],
    ['nothing', () => undefined, 'it returned undefined.'],
    ['a list', () => [{ type: 'token', text: 'a' }], 'it returned a list.'],
  ])('fails where it generates %s', async (_, generate, problem) => {
    await expect(collect(generate)).rejects.toMatchObject({
      category: 'internal',
      message: expect.stringContaining(problem),
    });
  });

  it('fails where its iterator gives no result', async () => {
    const iterator = { next: () => Promise.resolve(null) };
    const failed = collect(() => ({ [Symbol.asyncIterator]: () => iterator }));
    await expect(failed).rejects.toThrow('must resolve with { done, value }; it gave null.');
  });

  it.each<[string, () => unknown]>([
    [
      'at once',
      () => {
        throw new Error('no sk-secret');
      },
    ],
    [
      'when it is read',
      async function* () {
        yield { type: 'token', text: 'a' };
        await Promise.reject(new Error('no sk-secret'));
      },
    ],
  ])('fails with what it throws, without secrets: %s', async (_, generate) => {
    await expect(collect(generate)).rejects.toMatchObject({
      ...{ kind: 'llm', provider: 'acme', category: 'internal' },
      message: 'acme failed: no [KEY]',
    });
  });

  it('is ended when its reader stops', async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator {
      try {
        for (;;) yield await Promise.resolve({ type: 'token', text: 'a' });
      } finally {
        isEnded = true;
      }
    }
    const { signal } = new AbortController();
    for await (const part of guarded(endless).generate({ messages: [], tools: [], signal }))
      if (part.type === 'token') break;
    expect(isEnded).toBe(true);
  });
});
