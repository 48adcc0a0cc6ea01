/** The contract of every LanguageModel, as cases for any test runner. */
import assert from 'node:assert/strict';
import { ProviderError } from '../../core/errors.js';
import type { ChatMessage, LanguageModel, LlmEvent, LlmRequest } from '../../providers/language-model.js';
import { ContractCases, type ContractSuite } from './contract-suite.js';

export interface LanguageModelContractOptions {
  /** Makes a model that answers the request's messages with at least three tokens. */
  readonly create: () => LanguageModel | Promise<LanguageModel>;
  /** A conversation to answer. @default one user message, "hello" */
  readonly messages?: readonly ChatMessage[];
  /** Makes a model whose generation fails; leave it out for models that cannot fail. */
  readonly createFailing?: () => LanguageModel | Promise<LanguageModel>;
  /** Advances a model's virtual clock while the suite waits for it. */
  readonly passTime?: () => void;
}

const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];

/** The conformance suite of the {@link LanguageModel} contract: every implementation must pass it. */
export function languageModelContract(setup: LanguageModelContractOptions): ContractSuite {
  const { messages = hello, passTime } = setup;
  const suite = new ContractCases(
    () => Promise.resolve(),
    () => undefined,
  );

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
      // Tell the generator when leaving early, as `for await` does.
      await iterator.return?.();
    }
  }
  const all = async (model: LanguageModel): Promise<LlmEvent[]> => {
    const seen: LlmEvent[] = [];
    for await (const event of events(model)) seen.push(event);
    return seen;
  };

  suite.it('has a name for logs and metrics', async () => {
    assert.match((await setup.create()).name, /\S/);
  });

  suite.it('streams text in several tokens and ends with exactly one done', async () => {
    const seen = await all(await setup.create());
    assert.ok(
      seen.filter(({ type }) => type === 'token').length >= 3,
      'It yields fewer than three tokens: let it answer with more words, or yield each token as it arrives.',
    );
    assert.equal(seen.filter(({ type }) => type === 'done').length, 1, 'It does not yield exactly one done.');
    const last = seen.at(-1);
    assert.ok(
      last?.type === 'done' && last.finishReason === 'stop',
      "It does not end with a done whose finishReason is 'stop'.",
    );
  });

  suite.it('keeps its reasoning out of its text', async () => {
    const events = await all(await setup.create());
    const reasoning = events.flatMap((event) => (event.type === 'reasoning' ? [event.text.trim()] : []));
    for (const thought of reasoning.filter((text) => text.length > 5))
      assert.ok(!textOf(events).includes(thought), `Its text contains its reasoning: ${thought}`);
    assert.doesNotMatch(textOf(events), /think|<\||analysis/i);
  });

  suite.it('yields tokens that concatenate to the text, with its spaces', async () => {
    const text = textOf(await all(await setup.create()));
    assert.match(text, /\S \S/);
    assert.doesNotMatch(text, / {2}/);
  });

  suite.it('starts nothing before it is iterated', async () => {
    const model = await setup.create();
    const unread: LlmRequest = { messages, tools: [], signal: AbortSignal.abort() };
    assert.doesNotThrow(() => model.generate(unread));
  });

  suite.it('yields nothing if its signal has already aborted', async () => {
    const given = await untilEnd(events(await setup.create(), AbortSignal.abort()));
    assert.deepEqual(given, [], 'It yields events although its signal had already aborted.');
  });

  suite.it('stops promptly when it is aborted in the middle, without a done', async () => {
    const abort = new AbortController();
    const stream = events(await setup.create(), abort.signal);
    let first = await stream.next();
    while (!first.done && first.value.type === 'reasoning') first = await stream.next();
    assert.ok(!first.done && first.value.type === 'token', 'Its first event is not a token.');
    abort.abort();
    const given = await untilEnd(stream);
    assert.deepEqual(
      given,
      [],
      'It yields more after the abort: drop also tokens that have arrived but were not yielded yet.',
    );
  });

  suite.it('can be left in the middle and used again', async () => {
    const model = await setup.create();
    for await (const event of events(model)) if (event.type === 'token') break;
    assert.equal((await all(model)).at(-1)?.type, 'done');
  });

  suite.it('serves several conversations at once, independently', async () => {
    const model = await setup.create();
    const alone = textOf(await all(model));
    const together = await Promise.all([all(model), all(model), all(model)]);
    assert.deepEqual(together.map(textOf), [alone, alone, alone]);
  });

  const { createFailing } = setup;
  if (createFailing) {
    suite.it('fails with a ProviderError that names the provider', async () => {
      const model = await createFailing();
      const failure: unknown = await all(model).catch((thrown: unknown) => thrown);
      assert.ok(failure instanceof ProviderError, 'It fails with another error than a ProviderError.');
      assert.deepEqual([failure.kind, failure.provider], ['llm', model.name]);
    });
  }
  return suite;
}

/** The remaining events. An iterator that throws because of the abort has ended too. */
async function untilEnd(stream: AsyncIterable<LlmEvent>): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  try {
    for await (const event of stream) seen.push(event);
  } catch (thrown) {
    const what = thrown instanceof ProviderError ? thrown.category : (thrown as Error).name;
    assert.match(
      what,
      /^(aborted|AbortError)$/,
      `After the abort it throws '${what}': let it end, or throw the AbortError or a ProviderError of category 'aborted'.`,
    );
  }
  return seen;
}

/** The answer's text, without tokens that later turned out to be reasoning. */
function textOf(events: readonly LlmEvent[]): string {
  const start = events.findLastIndex((event) => event.type === 'reasoning' && event.soFar) + 1;
  return events
    .slice(start)
    .map((event) => (event.type === 'token' ? event.text : ''))
    .join('');
}
