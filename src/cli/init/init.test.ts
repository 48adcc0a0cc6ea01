import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.js';
import type { ModelFunction } from '../../providers/function-model.js';
import { configForCall, resolveConfig } from '../../relay/config/config.js';
import { configWarnings } from '../../relay/config/config-warnings.js';
import { loadAgentFile } from '../agent/agent-file.js';
import { init } from './init.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hzrelay-init-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the starter', () => {
  it('is an agent that runs as it is written, also without a key', async () => {
    const path = join(directory, 'hzrelay.config.ts');
    expect(await init(path, {})).toBe(0);
    const { session } = await loadAgentFile(path, systemClock);
    expect(session.agent?.tools?.opening_hours?.execute({ day: 'Sunday' }, {} as never)).toBe('closed');
    expect(configWarnings(session, resolveConfig(configForCall(session, 'twilio'), {}))).toEqual([]);
    const answer = session.llm as ModelFunction;
    const said = (content: string): unknown =>
      answer({ messages: [{ role: 'user', content }], tools: [], signal: new AbortController().signal });
    expect(said('are you open on friday')).toBe('On friday we are open from nine to five.');
    expect(said('are you open on Sunday')).toBe('On sunday we are closed.');
    expect(said('when are you open')).toMatch(/Monday to Friday/);
    expect(said('hello')).toMatch(/Which day/);
  });

  it('overwrites a file only with --force, and must be a program', async () => {
    const path = join(directory, 'mine.ts');
    await writeFile(path, 'mine');
    await expect(init(path, {})).rejects.toThrow(/--force overwrites it/);
    expect(await init(path, { force: true })).toBe(0);
    await expect(init(join(directory, 'mine.txt'), {})).rejects.toThrow(/ends with \.ts/);
    await expect(init(join(directory, 'no', 'mine.ts'), {})).rejects.toThrow(/cannot be written/);
  });
});
