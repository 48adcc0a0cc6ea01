import { fetchFailureOf, messageOf, ProviderError } from '../core/errors.js';
import type { LanguageModel, LlmEvent, LlmRequest } from './language-model.js';
import { described } from './shape.js';

type Answer = string | AsyncIterable<string> | Iterable<string>;

/**
 * Answers a conversation with text, whole or in pieces. It may stop when `request.signal` aborts; later pieces are
 * dropped.
 */
export interface ModelFunction {
  (request: LlmRequest): Answer | Promise<Answer>;
  /** Whether it may be asked before the caller's turn is certain; see {@link LanguageModel.speculative}. @default false */
  readonly speculative?: boolean;
}

/** The name of every such model, in errors, events and the banner of `hzrelay dev`. */
export const functionModelName = 'function';

/**
 * Makes a language model from a function: each piece of text becomes a token. Errors become a ProviderError of category
 * `internal`, or `connection` after a failed `fetch()`, with the original as cause; a ProviderError passes unchanged. Aborting ends the iteration at once, without
 * a `done`, even if the function ignores the signal; its iterator's `return()` is then called.
 */
export function functionModel(answer: ModelFunction, name = functionModelName): LanguageModel {
  return {
    name,
    async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
      const { signal } = request;
      try {
        for await (const text of pieces(answer, request)) {
          if (typeof text !== 'string')
            throw new TypeError(`It gave a piece that is ${described(text)}, not text.`);
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
  if (iterator === null) throw new TypeError(`It returned ${described(result)}, not text.`);
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
    // Not awaited: an iterator that hangs must not delay the abort.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** Null for a result that cannot be iterated: the function may come from JavaScript. */
function iterate(result: unknown): AsyncIterator<unknown> | Iterator<unknown> | null {
  if (typeof result !== 'object' || result === null) return null;
  if (Symbol.asyncIterator in result) return (result as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return Symbol.iterator in result ? (result as Iterable<unknown>)[Symbol.iterator]() : null;
}

const aborted = Symbol('aborted');

/** The result of `work`, or `aborted` as soon as the signal aborts; later failures of `work` are dropped. */
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

const usage =
  'A model function is ({ messages, tools, signal }) => answer: it gets one object, and returns text, a promise of text, or an iterable of text. See docs/library.md.';

function failure(name: string, thrown: unknown): ProviderError {
  const fetchFailure = fetchFailureOf(thrown);
  const failed = `The model function "${name}" failed: ${fetchFailure ?? messageOf(thrown)}`;
  const message = isMistake(thrown) ? `${failed.replace(/\.?$/, '.')} ${usage}` : failed;
  return new ProviderError(message, {
    kind: 'llm',
    provider: name,
    category: fetchFailure === null ? 'internal' : 'connection',
    cause: thrown,
  });
}

/**
 * Whether the function seems to be written wrongly: one that takes a list of messages in place of the object gets a TypeError.
 * Those of `fetch()` have a cause, and those of `new URL()` a code.
 */
function isMistake(thrown: unknown): boolean {
  return thrown instanceof TypeError && thrown.cause === undefined && !('code' in thrown);
}
