import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import type { LlmScript } from '../../../test/harness/scripted-language-model.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import { Call, callWith, done, failure, lookUp, well } from '../../../test/harness/supervised-model.js';

describe('a supervised language model whose candidate does well', () => {
  describeContract(
    'A supervised language model as a LanguageModel',
    languageModelContract({
      create: () => callWith({ one: well }).call.model,
      createFailing: () => callWith({ one: [[{ fails: new Error('No.') }]] }).call.model,
    }),
  );

  it('passes its events on and says nothing', async () => {
    const { call, models, clock } = callWith({ one: well, two: well });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
    expect(call.told).toEqual([]);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 0]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a supervised language model that is aborted', () => {
  it.each<[string, LlmScript]>([
    ['before the first token', [[{ hangs: true }]]],
    ['in the middle', [['Sure, ', { hangs: true }]]],
    ['while it waits to ask again', [[failure('rate_limit', 2000)]]],
    ['while it asks for the rest', [['Sure, ', failure('server')], [{ hangs: true }]]],
  ])('ends at once %s, without another word', async (_, script) => {
    const { call, clock, models } = callWith({ one: script, two: well });
    expect(await call.ask(400)).toBeNull();
    expect(call.tookMs).toBe(400);
    const told = call.told.length;
    clock.advance(60_000);
    await nextTurn();
    expect(call.told).toHaveLength(told);
    expect(call.events).not.toContainEqual(done);
    expect(models[1]?.requests).toHaveLength(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not hold it against the model', async () => {
    const { call, models } = callWith({ one: [[{ hangs: true }], ...well], two: well });
    await call.ask(400);
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 0]);
  });
});

describe('a supervised language model from turn to turn', () => {
  it('leaves a model that failed alone, and tells when it is back', async () => {
    const { call, models, clock } = callWith({ one: [[failure('internal')], ...well], two: well });
    await call.ask();
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 2]);
    clock.advance(30_000);
    // The probe runs beside a turn that it does not hold up.
    await call.ask();
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 3]);
    expect(call.told).toEqual(['one internal', 'one to two', 'two to one', 'one recovered']);
  });

  it('changes over when a model was too slow several times in a row', async () => {
    const slow: LlmScript = [[{ afterMs: 800 }, 'Yes.', done]];
    const { call, models } = callWith({ one: slow, two: well }, { slaBreaches: 2 }, 500);
    await call.ask();
    expect(call.told).toEqual([]);
    await call.ask();
    expect(call.text).toBe('Yes.');
    expect(call.told).toEqual(['one to two']);
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 1]);
    expect(call.told).toEqual(['one to two']);
  });

  it('does not call slow a model whose tool call came late', async () => {
    const { call } = callWith(
      { one: [[{ afterMs: 800 }, lookUp, done]], two: well },
      { slaBreaches: 1 },
      500,
    );
    await call.ask();
    expect(call.told).toEqual([]);
  });

  it('tells each call of the change that it sees', async () => {
    const { call, clock } = callWith({ one: [['Yes.', done], [failure('internal')]], two: well });
    const other = new Call(clock, call.model);
    await call.ask();
    await other.ask();
    await call.ask();
    expect(other.told).toEqual(['one internal', 'one to two']);
    expect(call.told).toEqual(['one to two']);
  });
});

describe('the candidates of a supervised language model', () => {
  it('are warmed, probed and closed together', async () => {
    const { call, models } = callWith({ one: well, two: well });
    await call.model.warmUp();
    await call.model.probe(new AbortController().signal);
    await call.model.close();
    expect(models.map(({ warmUps, closed }) => [warmUps, closed])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
