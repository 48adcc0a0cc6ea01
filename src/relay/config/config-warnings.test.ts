import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { lightSession } from '../../../test/harness/light-relay.js';
import { appointmentDeskPrompt } from '../../providers/local/llm/appointment-desk.js';
import { configForCall, resolveConfig, type RelaySessionConfig } from './config.js';
import { configWarnings } from './config-warnings.js';
import { createRelay } from '../create.js';
import type { RelayNotice } from '../relay-options.js';

const tool = { description: 'x', parameters: z.object({}), execute: () => 'x' };

function warningsOf(session: RelaySessionConfig, env: Record<string, string> = {}): string[] {
  return configWarnings(session, resolveConfig(configForCall(session, 'twilio'), env));
}

describe('a prompt or a tool that nothing uses', () => {
  test.each<[string, RelaySessionConfig, RegExp[]]>([
    [
      'a prompt without a key',
      { agent: { systemPrompt: 'a clinic' } },
      [/agent\.systemPrompt is not used.*OPENAI_API_KEY/],
    ],
    [
      'tools without a key',
      { agent: { systemPrompt: '', tools: { opening_hours: tool, book_appointment: tool } } },
      [/agent\.tools: opening_hours is never called/],
    ],
    [
      'several tools of an embedded model by name',
      { llm: { provider: 'local' }, agent: { systemPrompt: 'x', tools: { a: tool, b: tool } } },
      [/a, b are never called/],
    ],
    ['the desk’s own prompt', { agent: { systemPrompt: appointmentDeskPrompt } }, []],
    ['an embedded model by name', { llm: { provider: 'local' }, agent: { systemPrompt: 'x' } }, []],
    [
      'speculation with a function',
      { llm: () => 'hello', speculation: { maxPerTurn: 1 }, agent: { systemPrompt: 'x' } },
      [/speculation is not used.*speculative: true/],
    ],
    [
      'speculation with a function that says so',
      {
        llm: Object.assign(() => 'hello', { speculative: true }),
        speculation: { maxPerTurn: 1 },
        agent: { systemPrompt: 'x' },
      },
      [],
    ],
    [
      'no speculation with a function',
      { llm: () => 'hello', speculation: false, agent: { systemPrompt: 'x' } },
      [],
    ],
    ['a function', { llm: () => 'hello', agent: { systemPrompt: 'x', tools: { a: tool } } }, []],
    ['no agent', {}, []],
  ])('%s', (_what, session, expected) => {
    const warnings = warningsOf(session);
    expect(warnings).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(warnings[index]).toMatch(pattern);
  });

  test('is none where there is a key', () => {
    expect(warningsOf({ agent: { systemPrompt: 'x' } }, { OPENAI_API_KEY: 'key' })).toEqual([]);
  });

  test('is told once by a relay', async () => {
    const notices: RelayNotice[] = [];
    const { stt, tts } = lightSession();
    const session: RelaySessionConfig = { stt, tts, agent: { systemPrompt: 'a clinic' } };
    const relay = createRelay({ port: 0, session, onNotice: (notice) => notices.push(notice) });
    await relay.listen();
    await relay.warmUp(session);
    relay.expectCall({ ...session, inbound: { type: 'webrtc' } });
    await relay.close();
    const warnings = notices.filter(({ message }) => message.includes('systemPrompt'));
    expect(warnings).toEqual([{ level: 'warn', message: expect.stringContaining('is not used') }]);
  });
});
