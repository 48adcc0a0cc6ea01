import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { createRelay, createSession } from '../create.js';
import { defineAgent, defineTool } from './define-agent.js';

/** Takes a value of exactly this type: `any` would be taken for a text and for a number alike. */
type IsAny<T> = 0 extends 1 & T ? true : false;
const isNoAny = <T>(_value: T, no: IsAny<T>): string => String(no);

describe('tools that are written inline', () => {
  test('get the arguments that their own schemas describe', () => {
    const { agent } = defineAgent({
      systemPrompt: 'x',
      tools: {
        day: {
          description: 'a text',
          parameters: z.object({ day: z.string() }),
          execute: ({ day }) => isNoAny(day, false) + day.toUpperCase(),
        },
        count: {
          description: 'a number',
          parameters: z.object({ count: z.number() }),
          execute: ({ count }) => isNoAny(count, false) + count.toFixed(1),
        },
        defined: defineTool({
          description: 'a list',
          parameters: z.object({ names: z.array(z.string()) }),
          execute: ({ names }) => isNoAny(names, false) + names.join(),
        }),
      },
    });
    const run = (name: string, args: object): unknown => agent?.tools?.[name]?.execute(args, {} as never);
    expect(run('day', { day: 'friday' })).toBe('falseFRIDAY');
    expect(run('count', { count: 2 })).toBe('false2.0');
    expect(run('defined', { names: ['a', 'b'] })).toBe('falsea,b');
  });

  test('are typed in a session and in a relay too', () => {
    const call = { description: 'a text', parameters: z.object({ day: z.string() }) };
    const session = (create: typeof createSession): unknown =>
      create({
        inbound: { type: 'twilio' },
        agent: {
          systemPrompt: 'x',
          tools: { look: { ...call, execute: ({ day }) => isNoAny(day, false) + day.toUpperCase() } },
        },
      });
    const relay = (create: typeof createRelay): unknown =>
      create({
        session: {
          agent: {
            systemPrompt: 'x',
            tools: { look: { ...call, execute: ({ day }) => isNoAny(day, false) + day.toUpperCase() } },
          },
        },
      });
    expect([session, relay].map((make) => typeof make)).toEqual(['function', 'function']);
  });
});
