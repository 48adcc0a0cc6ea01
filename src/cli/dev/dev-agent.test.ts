import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { EnvironmentFile } from '../agent/environment-file.js';
import { DevAgent } from './dev-agent.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-dev-agent-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['a function', '() => "Yes."'],
  ['a named function', 'function receptionist() { return "Yes."; }'],
])('names a model that is %s as errors and events do', async (_what, llm) => {
  const path = join(folder, 'agent.mjs');
  await writeFile(path, `export default { agent: { systemPrompt: 'x' }, llm: ${llm} };`);
  const agent = await DevAgent.load(path, new EnvironmentFile(folder));
  agent.close();
  expect(agent.providers.llm).toBe('function');
});
