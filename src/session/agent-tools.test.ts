import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { VirtualClock } from '../simulators/virtual-clock.js';
import {
  runTool,
  toolDefinitions,
  type AgentTool,
  type AgentTools,
  type ToolOutcome,
} from './agent-tools.js';

const day = z.object({ day: z.string() });

function tool(
  execute: AgentTool<typeof day>['execute'],
  more: Partial<AgentTool<typeof day>> = {},
): AgentTool {
  return { description: 'Finds a slot.', parameters: day, execute, ...more };
}

async function run(
  tools: AgentTools,
  { name = 'find_slot', json = '{"day":"friday"}', clock = new VirtualClock() } = {},
): Promise<ToolOutcome> {
  const context = { sessionId: 'a3f9b2c1', turn: 1, signal: new AbortController().signal };
  const outcome = await runTool(tools, { id: 'call-1', name, arguments: json }, context, clock);
  expect(clock.pendingTimers).toBe(0);
  return outcome;
}

describe('a tool', () => {
  it('gets the checked arguments and the context; a string goes to the model as it is', async () => {
    const find_slot = tool(({ day }, { sessionId, turn }) => `${day} ${sessionId} ${turn}`);
    expect(await run({ find_slot })).toEqual({ result: 'friday a3f9b2c1 1', failed: false });
  });

  it.each([
    [{ at: 10 }, '{"at":10}'],
    [['ten', 'eleven'], '["ten","eleven"]'],
    [null, 'null'],
    [undefined, 'done'],
    [Promise.resolve(false), 'false'],
  ])('that gives %j tells the model %s', async (value, result) => {
    expect(await run({ find_slot: tool(() => value) })).toEqual({ result, failed: false });
  });

  it('keeps its `this`', async () => {
    class Desk {
      readonly description = 'Finds a slot.';
      readonly parameters = day;
      readonly #slots = ['ten'];
      execute(): string {
        return this.#slots.join();
      }
    }
    expect(await run({ find_slot: new Desk() })).toEqual({ result: 'ten', failed: false });
  });

  it('may be called without any arguments where it needs none', async () => {
    const ping = { description: 'Pings.', parameters: z.object({}), execute: () => 'pong' };
    expect(await run({ ping }, { name: 'ping', json: '' })).toEqual({ result: 'pong', failed: false });
  });
});

describe('what goes wrong with a tool is told to the model', () => {
  const broken = z.string().refine(() => {
    throw new Error('the directory is down');
  });
  const slow = z.object({ day: z.string().refine((name) => Promise.resolve(name === 'monday'), 'not open') });

  it.each<[string, AgentTools, { name?: string; json?: string }, RegExp]>([
    ['an unknown name', {}, {}, /no tool named find_slot/],
    ['a name that every object has', {}, { name: 'toString' }, /no tool named toString/],
    [
      'text that is no JSON',
      { find_slot: tool(() => 'ten') },
      { json: '{"day":' },
      /not valid JSON: \{"day":$/,
    ],
    ['wrong arguments', { find_slot: tool(() => 'ten') }, { json: '{"day":5}' }, /wrong: .*expected string/s],
    [
      'arguments that a look-up refuses',
      { find_slot: tool(() => 'ten', { parameters: slow }) },
      {},
      /wrong: .*not open/s,
    ],
    [
      'a schema that throws',
      { find_slot: { description: 'x', parameters: broken, execute: () => 'ten' } },
      { json: '"x"' },
      /the directory is down/,
    ],
    ['a rejection', { find_slot: tool(() => Promise.reject(new Error('no line'))) }, {}, /^no line$/],
    [
      'a throw',
      {
        find_slot: tool(() => {
          throw new Error('no line');
        }),
      },
      {},
      /^no line$/,
    ],
  ])('%s', async (_, tools, call, message) => {
    const outcome = await run(tools, call);
    expect(outcome.failed).toBe(true);
    expect(outcome.result).toMatch(message);
  });
});

function circularResult(): Record<string, unknown> {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  return circular;
}

it.each<[string, unknown, RegExp]>([
  ['refers to itself', circularResult(), /^done, but its result is not JSON: .*circular/],
  ['holds a BigInt', { id: 1n }, /^done, but its result is not JSON: .*BigInt/],
  ['is a function', () => 'x', /^done$/],
])('a tool whose result %s has not failed: the model must not call it again', async (_, result, told) => {
  const outcome = await run({ find_slot: tool(() => result) }, {});
  expect(outcome).toMatchObject({ failed: false, result: expect.stringMatching(told) });
});

describe('time', () => {
  it.each([
    [undefined, 10_000],
    [50, 50],
  ])(
    'a tool with the limit %j is given up after %i ms, and its signal aborts',
    async (timeoutMs, limitMs) => {
      const clock = new VirtualClock();
      let signal: AbortSignal | undefined;
      const find_slot = tool(
        (_, context) => {
          ({ signal } = context);
          return new Promise<never>(() => undefined);
        },
        timeoutMs === undefined ? {} : { timeoutMs },
      );
      const outcome = run({ find_slot }, { clock });
      await nextTick();
      clock.advance(limitMs - 1);
      await nextTick();
      expect(signal?.aborted).toBe(false);
      clock.advance(1);
      expect(await outcome).toEqual({
        result: `find_slot did not answer within ${limitMs} ms.`,
        failed: true,
      });
      expect(signal?.aborted).toBe(true);
    },
  );

  it('the wait for a tool ends with the session, even if the tool ignores its signal', async () => {
    const clock = new VirtualClock();
    const session = new AbortController();
    const find_slot = tool(() => new Promise<never>(() => undefined));
    const context = { sessionId: 'a3f9b2c1', turn: 1, signal: session.signal };
    const call = { id: 'call-1', name: 'find_slot', arguments: '{"day":"friday"}' };
    const outcome = runTool({ find_slot }, call, context, clock);
    await nextTick();
    session.abort();
    expect(await outcome).toEqual({ result: 'find_slot was stopped.', failed: true });
    expect(clock.pendingTimers).toBe(0);
  });
});

it('the model is told what the arguments look like on its side', () => {
  const parameters = z.object({ day: z.string().describe('A weekday.'), hour: z.coerce.number().optional() });
  const [definition] = toolDefinitions({
    find_slot: { description: 'Finds.', parameters, execute: () => '' },
  });
  expect(definition).toMatchObject({ name: 'find_slot', description: 'Finds.' });
  expect(definition?.parameters).toMatchObject({
    type: 'object',
    properties: { day: { type: 'string', description: 'A weekday.' } },
    required: ['day'],
  });
});
