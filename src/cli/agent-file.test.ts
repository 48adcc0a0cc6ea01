import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.js';
import type { AgentFile } from './agent-file.js';
import { findAgentFile, loadAgentFile } from './agent-file.js';
import { UsageError } from './exit.js';
import { init } from './init.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hzrelay-agent-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(name: string, source: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, source);
  return path;
}

const agent = (prompt: string): string =>
  `import { defineAgent } from 'hzrelay';\nexport default defineAgent({ systemPrompt: ${JSON.stringify(prompt)} as string });\n`;

describe("the agent's file", () => {
  it('is the one that is named, else the config of the working directory, else none', async () => {
    expect(findAgentFile(undefined, directory)).toBeNull();
    const config = await write('hzrelay.config.ts', agent('desk'));
    expect(findAgentFile(undefined, directory)).toBe(config);
    const own = await write('mine.mts', agent('mine'));
    expect(findAgentFile('mine.mts', directory)).toBe(own);
  });

  it.each([
    ['missing.ts', /There is no file missing\.ts\. Write one with: hzrelay init missing\.ts/],
    ['agent.json', /is no agent/],
  ])('must be there and a program: %s', async (name, problem) => {
    await write('agent.json', '{}');
    expect(() => findAgentFile(name, directory)).toThrow(problem);
  });

  it('is TypeScript, with the engine and zod at hand and sources of its own beside it', async () => {
    await write('hours.ts', `export const hours: string = 'nine to five';\n`);
    const path = await write(
      'mine.ts',
      `import { defineAgent, defineTool } from 'hzrelay';
import { z } from 'zod';
import { hours } from './hours';
export default defineAgent({
  systemPrompt: 'Open ' + hours,
  voice: 'rms',
  tools: { look: defineTool({ description: 'Looks.', parameters: z.object({}), execute: () => hours }) },
});`,
    );
    const { session } = await loadAgentFile(path, systemClock);
    expect(session).toMatchObject({
      tts: { provider: 'local', voice: 'rms' },
      agent: { systemPrompt: 'Open nine to five' },
    });
    expect(session.agent?.tools?.look?.execute({}, {} as never)).toBe('nine to five');
  });

  it.each([
    ['does not parse', 'export default {', /mine\.ts cannot be loaded/],
    ['throws', `throw new Error('no luck');`, /mine\.ts cannot be loaded: .*no luck/],
    ['exports nothing', 'export {};', /no agent as its default export/],
    ['exports something else', 'export const desk = 1;', /desk/],
    ['imports what is not there', `import './nowhere'; export default {};`, /nowhere/],
    ['is no config', `export default { agent: { systemPrompt: 7 } };`, /agent\.systemPrompt/],
  ])('that %s is refused with the reason', async (_what, source, problem) => {
    const loading = loadAgentFile(await write('mine.ts', source), systemClock);
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow(problem);
  });
});

describe('a saved change', () => {
  let file: AgentFile | null = null;
  afterEach(() => file?.close());

  /** What the file's listener hears next. */
  function change(name: string, source: string): Promise<string> {
    return new Promise((resolve, reject) => {
      file?.watch({ onReload: () => resolve('reloaded'), onProblem: resolve });
      write(name, source).catch(reject);
    });
  }

  it('is the next call’s; one that cannot be used leaves the last good version', async () => {
    const path = await write('mine.ts', agent('one'));
    file = await loadAgentFile(path, systemClock);
    const running = file.session;
    expect(await change('mine.ts', agent('two'))).toBe('reloaded');
    expect(file.session.agent?.systemPrompt).toBe('two');
    expect(running.agent?.systemPrompt).toBe('one');
    file.close();
    expect(await change('mine.ts', 'export default {')).toMatch(/cannot be loaded/);
    expect(file.session.agent?.systemPrompt).toBe('two');
  });

  it('may be in a source beside it', async () => {
    await write('prompt.ts', `export const prompt = 'one';\n`);
    const path = await write(
      'mine.ts',
      `import { prompt } from './prompt';\nexport default { agent: { systemPrompt: prompt } };\n`,
    );
    file = await loadAgentFile(path, systemClock);
    expect(await change('prompt.ts', `export const prompt = 'two';\n`)).toBe('reloaded');
    expect(file.session.agent?.systemPrompt).toBe('two');
  });
});

describe('the starter', () => {
  it('is an agent that can be used as it is', async () => {
    const path = join(directory, 'hzrelay.config.ts');
    expect(await init(path, {})).toBe(0);
    const { session } = await loadAgentFile(path, systemClock);
    expect(session.agent?.tools?.opening_hours?.execute({ day: 'Sunday' }, {} as never)).toBe('closed');
  });

  it('overwrites nothing unless it is told to, and must be a program', async () => {
    const path = await write('mine.ts', 'mine');
    await expect(init(path, {})).rejects.toThrow(/--force overwrites it/);
    expect(await init(path, { force: true })).toBe(0);
    await expect(init(join(directory, 'mine.txt'), {})).rejects.toThrow(/ends with \.ts/);
    await expect(init(join(directory, 'no', 'mine.ts'), {})).rejects.toThrow(/cannot be written/);
  });
});
