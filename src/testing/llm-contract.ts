import { describe, expect, it } from '@jest/globals';
import { ProviderError } from '../errors.js';
import type { ChatMessage, LanguageModel, LlmEvent, LlmRequest } from '../llm/language-model.js';

export interface LlmContractSetup {
  /** Makes a model that answers the request's messages with at least three tokens. */
  readonly create: () => LanguageModel | Promise<LanguageModel>;
  /** A conversation to answer. @default one user message, "hello" */
  readonly messages?: readonly ChatMessage[];
  /** Makes a model whose generation fails; left out for models that cannot fail. */
  readonly createFailing?: () => LanguageModel | Promise<LanguageModel>;
  /** Lets time pass for the model while the suite waits on it, for those on a virtual clock. */
  readonly passTime?: () => void;
}

const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];

/** The conformance suite of the {@link LanguageModel} contract: every implementation must pass it. */
export function languageModelContract(name: string, setup: LlmContractSetup): void {
  const { messages = hello, passTime } = setup;

  async function* events(
    model: LanguageModel,
    signal = new AbortController().signal,
  ): AsyncGenerator<LlmEvent> {
    const iterator = model.generate({ messages, tools: [], signal })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = iterator.next();
        passTime?.();
        const { done, value } = (await next) as IteratorResult<LlmEvent, undefined>;
        if (done) return;
        yield value;
      }
    } finally {
      // Whoever leaves in the middle says so, as `for await` does.
      await iterator.return?.();
    }
  }
  const all = async (model: LanguageModel): Promise<LlmEvent[]> => {
    const seen: LlmEvent[] = [];
    for await (const event of events(model)) seen.push(event);
    return seen;
  };

  describe(`${name} as a LanguageModel`, () => {
    it('has a name for logs and metrics', async () => {
      expect((await setup.create()).name).toMatch(/\S/);
    });

    it('streams text in several tokens and ends with exactly one done', async () => {
      const seen = await all(await setup.create());
      expect(seen.filter(({ type }) => type === 'token').length).toBeGreaterThanOrEqual(3);
      expect(seen.filter(({ type }) => type === 'done')).toHaveLength(1);
      expect(seen.at(-1)).toMatchObject({ type: 'done', finishReason: 'stop' });
    });

    it('gives tokens that concatenate to the text, with its spaces', async () => {
      const text = textOf(await all(await setup.create()));
      expect(text).toMatch(/\S \S/);
      expect(text).not.toMatch(/ {2}/);
    });

    it('starts nothing before it is iterated', async () => {
      const model = await setup.create();
      const unread: LlmRequest = { messages, tools: [], signal: AbortSignal.abort() };
      expect(() => model.generate(unread)).not.toThrow();
    });

    it('gives nothing for a signal that has aborted already', async () => {
      expect(await untilEnd(events(await setup.create(), AbortSignal.abort()))).toEqual([]);
    });

    it('stops promptly when it is aborted in the middle, without a done', async () => {
      const abort = new AbortController();
      const stream = events(await setup.create(), abort.signal);
      const first = await stream.next();
      expect(first.value).toMatchObject({ type: 'token' });
      abort.abort();
      expect(await untilEnd(stream)).toEqual([]);
    });

    it('can be left in the middle and used again', async () => {
      const model = await setup.create();
      for await (const event of events(model)) if (event.type === 'token') break;
      expect((await all(model)).at(-1)).toMatchObject({ type: 'done' });
    });

    it('serves several conversations at once, each as if it were alone', async () => {
      const model = await setup.create();
      const alone = textOf(await all(model));
      const together = await Promise.all([all(model), all(model), all(model)]);
      expect(together.map(textOf)).toEqual([alone, alone, alone]);
    });

    const { createFailing } = setup;
    if (createFailing) {
      it('fails with a ProviderError that names the provider and keeps the cause', async () => {
        const model = await createFailing();
        const failure: unknown = await all(model).catch((thrown: unknown) => thrown);
        expect(failure).toBeInstanceOf(ProviderError);
        expect(failure).toMatchObject({ kind: 'llm', provider: model.name });
        expect((failure as ProviderError).cause).toBeDefined();
      });
    }
  });
}

/** What still comes; an iterator that throws because it was aborted has ended too. */
async function untilEnd(stream: AsyncIterable<LlmEvent>): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  try {
    for await (const event of stream) seen.push(event);
  } catch (thrown) {
    expect(thrown instanceof ProviderError ? thrown.category : (thrown as Error).name).toMatch(
      /^(aborted|AbortError)$/,
    );
  }
  return seen;
}

function textOf(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'token' ? event.text : '')).join('');
}
