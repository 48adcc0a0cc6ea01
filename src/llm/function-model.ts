import { messageOf, ProviderError } from '../errors.js';
import type { LanguageModel, LlmEvent, LlmRequest } from './language-model.js';

type Answer = string | AsyncIterable<string> | Iterable<string>;

/**
 * An answer to a conversation, whole or in pieces. It may stop its work when `request.signal` aborts; what it gives after
 * that is dropped.
 */
export type ModelFunction = (request: LlmRequest) => Answer | Promise<Answer>;

/**
 * Makes a language model of a function: each piece of text becomes a token. What the function throws arrives as a
 * ProviderError of category `internal` with the original as its cause (a ProviderError passes unchanged). Aborting ends
 * the iteration at once, without a `done`, whether or not the function heeds the signal; its iterator is then returned.
 */
export function functionModel(answer: ModelFunction, name = 'function'): LanguageModel {
  return {
    name,
    async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
      const { signal } = request;
      try {
        for await (const text of pieces(answer, request)) {
          if (typeof text !== 'string')
            throw new TypeError(`It gave ${typeof text} where text was expected.`);
          if (text !== '') yield { type: 'token', text };
          if (signal.aborted) return;
        }
      } catch (thrown) {
        if (signal.aborted) return;
        throw thrown instanceof ProviderError ? thrown : failure(name, thrown);
      }
      if (!signal.aborted) yield { type: 'done', finishReason: 'stop' };
    },
  };
}

/** The function's pieces until the signal aborts. `unknown`, since the function may come from JavaScript. */
async function* pieces(answer: ModelFunction, request: LlmRequest): AsyncGenerator {
  const { signal } = request;
  const result = await unlessAborted(async () => answer(request), signal);
  if (result === aborted) return;
  if (typeof result === 'string') {
    yield result;
    return;
  }
  const iterator = iterate(result);
  let ended = false;
  try {
    for (;;) {
      const next = await unlessAborted(async () => iterator.next(), signal);
      if (next === aborted) return;
      ended = next.done === true;
      if (ended) return;
      yield next.value;
    }
  } finally {
    // Not awaited: an iterator that hangs must not hold up whoever aborted it.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function iterate(result: Exclude<Answer, string>): AsyncIterator<string> | Iterator<string> {
  if (Symbol.asyncIterator in result) return result[Symbol.asyncIterator]();
  return result[Symbol.iterator]();
}

const aborted = Symbol('aborted');

/** What `work` gives, or `aborted` as soon as the signal aborts; a later failure of the work is dropped. */
async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | typeof aborted> {
  if (signal.aborted) return aborted;
  let onAbort = (): void => undefined;
  const abortion = new Promise<typeof aborted>((resolve) => {
    onAbort = () => resolve(aborted);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), abortion]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function failure(name: string, thrown: unknown): ProviderError {
  return new ProviderError(`The model function "${name}" failed: ${messageOf(thrown)}`, {
    kind: 'llm',
    provider: name,
    category: 'internal',
    cause: thrown,
  });
}
