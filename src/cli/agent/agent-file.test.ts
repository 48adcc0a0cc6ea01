import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.js';
import { findAgentFile, loadAgentFile } from './agent-file.js';
import { UsageError } from '../exit.js';

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
    ['agent.json', /is not an agent file/],
  ])('must be there and a program: %s', async (name, problem) => {
    await write('agent.json', '{}');
    expect(() => findAgentFile(name, directory)).toThrow(problem);
  });

  it('that disappears before it is read is an error with its name, not a crash', async () => {
    const path = await write('mine.mts', agent('mine'));
    await rm(path);
    await expect(loadAgentFile(path, systemClock)).rejects.toThrow(/^mine\.mts cannot be read: ENOENT/);
  });

  it('is TypeScript, and may import the engine, zod and its own sources', async () => {
    await write('hours.ts', `export const hours: string = 'nine to five';\n`);
    const path = await write(
      'mine.ts',
      `import { defineAgent, defineTool } from 'hzrelay';
import { z } from 'zod';
import { hours } from '../hours';
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

  it('is the named one, even if another file beside it has the same base name', async () => {
    await write('clinic.js', `export default { agent: { systemPrompt: 'the .js' } };`);
    await write('clinic.mjs', `export default { agent: { systemPrompt: 'the .mjs' } };`);
    const path = await write('clinic.ts', `export default { agent: { systemPrompt: 'the .ts' } };`);
    for (const extension of ['ts', 'js', 'mjs']) {
      const { session } = await loadAgentFile(path.replace(/ts$/, extension), systemClock);
      expect(session.agent?.systemPrompt).toBe(`the .${extension}`);
    }
  });

  it('may be CommonJS', async () => {
    const common = await write('desk.cjs', `module.exports = { agent: { systemPrompt: 'common' } };`);
    expect((await loadAgentFile(common, systemClock)).session.agent?.systemPrompt).toBe('common');
  });

  it.each<[string, Readonly<Record<string, object>>, string]>([
    ['with a pattern', { 'tsconfig.json': { paths: { '@lib/*': ['./lib/*'] } } }, '@lib/prompt'],
    ['of one name', { 'tsconfig.json': { paths: { prompt: ['./lib/prompt.ts'] } } }, 'prompt'],
    ['below a base', { 'tsconfig.json': { baseUrl: '.', paths: { '~/*': ['lib/*'] } } }, '~/prompt'],
    ['of the base alone', { 'tsconfig.json': { baseUrl: '.' } }, 'lib/prompt'],
    [
      'with several places',
      { 'tsconfig.json': { paths: { '@/*': ['./made/*', './lib/*'] } } },
      '@/prompt.js',
    ],
    ['that it extends', { 'base.json': { paths: { '@/*': ['./lib/*'] } } }, '@/prompt'],
  ])('resolves the paths of a tsconfig above it: %s', async (_what, configs, specifier) => {
    await mkdir(join(directory, 'lib'));
    await mkdir(join(directory, 'agents'));
    await write('tsconfig.json', `{ "extends": "./base.json" } // ours`);
    for (const [name, compilerOptions] of Object.entries(configs))
      await write(name, JSON.stringify({ compilerOptions }));
    await write('lib/prompt.ts', `export const prompt: string = 'by path';`);
    const path = await write(
      'agents/mine.ts',
      `import { prompt } from '${specifier}';\nexport default { agent: { systemPrompt: prompt } };`,
    );
    expect((await loadAgentFile(path, systemClock)).session.agent?.systemPrompt).toBe('by path');
  });

  it.each([
    ['extends what is not there', `{ "extends": "@tsconfig/none/tsconfig.json" }`, /Its tsconfig\.json was/],
    ['is not finished', `{ "compilerOptions": { "paths":`, /Cannot find module/],
  ])('runs beside a tsconfig that %s if it needs no paths', async (_what, tsconfig, problem) => {
    await write('tsconfig.json', tsconfig);
    const path = await write('mine.ts', agent('mine'));
    expect((await loadAgentFile(path, systemClock)).session.agent?.systemPrompt).toBe('mine');
    await write('mine.ts', `import '@lib/prompt';\n${agent('mine')}`);
    await expect(loadAgentFile(path, systemClock)).rejects.toThrow(problem);
    await expect(loadAgentFile(path, systemClock)).rejects.toThrow(UsageError);
  });

  it('imports the source, not what was compiled beside it', async () => {
    await write('prompt.js', `export const prompt = 'compiled';`);
    await write('prompt.ts', `export const prompt = 'source';`);
    const path = await write(
      'mine.ts',
      `import { prompt } from './prompt';\nexport default { agent: { systemPrompt: prompt } };`,
    );
    expect((await loadAgentFile(path, systemClock)).session.agent?.systemPrompt).toBe('source');
  });

  it.each([
    ['does not parse', 'export default {', /mine\.ts cannot be loaded/],
    ['throws', `throw new Error('no luck');`, /mine\.ts cannot be loaded: .*no luck/],
    ['exports nothing', 'export {};', /no agent as its default export/],
    ['exports something else', 'export const desk = 1;', /no agent as its default export/],
    [
      'is an agent without defineAgent',
      `export default { systemPrompt: 'x' };`,
      /defineAgent\(\{ systemPrompt/,
    ],
    ['has a slip', `export default { agent: { systemPromt: 'x' } };`, /Did you mean systemPrompt\?/],
    ['imports what is not there', `import '../nowhere'; export default {};`, /nowhere/],
    ['is no config', `export default { agent: { systemPrompt: 7 } };`, /agent\.systemPrompt/],
  ])('that %s is refused with the reason', async (_what, source, problem) => {
    const loading = loadAgentFile(await write('mine.ts', source), systemClock);
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow(problem);
  });
});

/** Follows agents in a process of its own, as the command line does: a reload empties Node's cache of modules. */
const follower = `
import { dirname } from 'node:path';
import { loadAgentFile } from ${JSON.stringify(new URL('../../../dist/cli/agent/agent-file.js', import.meta.url).href)};
import { EnvironmentFile } from ${JSON.stringify(new URL('../../../dist/cli/agent/environment-file.js', import.meta.url).href)};
import { systemClock } from ${JSON.stringify(new URL('../../../dist/core/clock.js', import.meta.url).href)};
let file;
let path;
process.on('message', async (asked) => {
  if (asked === 'look') {
    process.send({ path, looked: await file.session.agent.tools.look.execute({}, {}) });
    return;
  }
  path = asked;
  file?.close();
  const environment = new EnvironmentFile(dirname(path));
  const reading = environment.read();
  try {
    file = await loadAgentFile(path, systemClock, environment);
  } catch (thrown) {
    process.send({ path, problem: thrown.message });
    return;
  }
  const prompt = () => file.session.agent.systemPrompt;
  file.watch({
    onReload: () => process.send({ path, prompt: prompt() }),
    onProblem: (problem) => process.send({ path, problem, prompt: prompt() }),
  });
  process.send({ path, prompt: prompt(), said: reading?.message });
});
`;

describe('a saved change', () => {
  let child: ChildProcess;
  /** The follower's temporary folder: others may read and write one. */
  let temporary: string;

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'hzrelay-temporary-'));
    child = spawn(process.execPath, ['--input-type=module', '-e', follower], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, HZRELAY_TEST_SHELL: 'shell', TMPDIR: temporary },
    });
  });
  afterAll(() => {
    child.kill();
    return rm(temporary, { recursive: true });
  });

  interface Told {
    readonly prompt?: string;
    readonly problem?: unknown;
    readonly said?: string;
    /** What its tool gives. */
    readonly looked?: string;
  }

  let followed = '';

  /**
   * Acts, and resolves once the follower has told this of the file that it follows. On a busy machine one save may be told twice,
   * the first time half written, and the last save of an earlier test may be told late.
   */
  async function tells(expected: Told, act: () => unknown): Promise<void> {
    const isTold = until(expected);
    await act();
    await isTold;
  }

  function isLike(told: Told, expected: Told): boolean {
    try {
      expect(told).toEqual(expected);
      return true;
    } catch {
      return false;
    }
  }

  async function until(expected: Told): Promise<void> {
    for await (const [{ path, ...told }] of on(child, 'message') as AsyncIterable<[Told & { path: string }]>)
      if (path === followed && isLike(told, expected)) return;
  }

  async function follow(path: string, expected: Told): Promise<void> {
    followed = path;
    await tells(expected, () => child.send(path));
  }

  async function change(name: string, source: string, expected: Told): Promise<void> {
    await tells(expected, () => write(name, source));
  }

  it('is the next call’s; one that cannot be used leaves the last good version', async () => {
    await follow(await write('mine.ts', agent('one')), { prompt: 'one' });
    await change('mine.ts', agent('two'), { prompt: 'two' });
    await change('mine.ts', 'export default {', {
      prompt: 'two',
      problem: expect.stringContaining('cannot be loaded'),
    });
  });

  it('that removes the file is told as such, and the last version stays until it is back', async () => {
    const path = await write('mine.ts', agent('one'));
    await follow(path, { prompt: 'one' });
    const problem = 'mine.ts is gone. Its last version stays in use until the file is back.';
    await tells({ prompt: 'one', problem }, () => rm(path));
    await change('mine.ts', agent('two'), { prompt: 'two' });
  });

  const imports = (specifier: string): string =>
    `import prompt from '${specifier}';\nexport default { agent: { systemPrompt: prompt.text } };\n`;

  it.each([
    ['a module', 'prompt.mjs', `export default { text: 'one' };`],
    ['a script of a module package', 'prompt.js', `export default { text: 'one' };`],
    ['CommonJS', 'prompt.cjs', `module.exports = { text: 'one' };`],
    ['TypeScript', 'prompt.ts', `export default { text: 'one' as string };`],
    ['JSON', 'prompt.json', `{ "text": "one" }`],
    ['a module in a folder below', 'parts/deep/prompt.mjs', `export default { text: 'one' };`],
  ])('may be in what it imports: %s', async (_what, name, source) => {
    await write('package.json', `{ "type": "module" }`);
    await mkdir(join(directory, 'parts', 'deep'), { recursive: true });
    await write(name, source);
    await follow(await write('mine.ts', imports(`./${name}`)), { prompt: 'one' });
    await change(name, source.replace('one', 'two'), { prompt: 'two' });
    await change(name, source.replace('one', 'three'), { prompt: 'three' });
  });

  it('is seen where it is moved into place, and behind a link', async () => {
    await mkdir(join(directory, 'real'));
    const real = await write('real/mine.ts', agent('one'));
    await symlink(real, join(directory, 'link.ts'));
    await follow(join(directory, 'link.ts'), { prompt: 'one' });
    const written = await write('real/mine.ts.tmp', agent('two'));
    await tells({ prompt: 'two' }, () => rename(written, real));
  });

  it('is seen in what a linked agent imports, which lies beside the file itself', async () => {
    await mkdir(join(directory, 'real'));
    await write('real/prompt.ts', `export default { text: 'one' };`);
    await write('real/mine.ts', imports('./prompt'));
    await symlink('real/mine.ts', join(directory, 'link.ts'));
    await symlink('link.ts', join(directory, 'second.ts'));
    await follow(join(directory, 'second.ts'), { prompt: 'one' });
    await change('real/prompt.ts', `export default { text: 'two' };`, { prompt: 'two' });
  });

  it('mends what an import had broken', async () => {
    await write('prompt.ts', `export default { text: 'one' };`);
    await follow(await write('mine.ts', imports('./prompt')), { prompt: 'one' });
    await change('prompt.ts', `export default {`, {
      prompt: 'one',
      problem: expect.stringContaining('cannot be loaded'),
    });
    await change('prompt.ts', `export default { text: 'two' };`, { prompt: 'two' });
  });

  it.each(['prompt.mjs', 'prompt.js', 'parts/prompt.mjs', 'prompt.ts'])(
    'may be in %s, imported by an agent with a top-level await',
    async (name) => {
      await write('package.json', `{ "type": "module" }`);
      await mkdir(join(directory, 'parts'));
      await write(name, `await 0;\nexport default { text: 'one' };`);
      await follow(await write('mine.mjs', `await 0;\n${imports(`./${name}`)}`), { prompt: 'one' });
      await change(name, `export default { text: 'two' };`, { prompt: 'two' });
      const other = `await 0;\nexport default { agent: { systemPrompt: 'three' } };`;
      await change('mine.mjs', other, { prompt: 'three' });
    },
  );

  it.each([
    ['prompt.mjs', `export const text = 'one';`],
    ['prompt.ts', `export const text: string = 'one';`],
    ['prompt.cjs', `exports.text = 'one';`],
  ])('may be in %s, which only a tool imports, during a call', async (name, source) => {
    await write(name, source);
    const path = await write(
      'mine.ts',
      `import { z } from 'zod';
const execute = async () => (await import('./${name}')).text;
const tools = { look: { description: 'Looks.', parameters: z.object({}), execute } };
export default { agent: { systemPrompt: 'one', tools } };`,
    );
    await follow(path, { prompt: 'one' });
    await tells({ looked: 'one' }, () => child.send('look'));
    await change(name, source.replace('one', 'two'), { prompt: 'one' });
    await tells({ looked: 'two' }, () => child.send('look'));
  });

  it.each(['late', 'parts/late'])('may bring what an import lacked: ./%s', async (name) => {
    await follow(await write('mine.ts', agent('one')), { prompt: 'one' });
    await change('mine.ts', imports(`./${name}`), {
      prompt: 'one',
      problem: expect.stringContaining(`Cannot find module './${name}'`),
    });
    await mkdir(join(directory, 'parts'));
    await change(`${name}.ts`, `export default { text: 'two' };`, { prompt: 'two' });
  });

  it('may bring what an import lacked long after its folder was made', async () => {
    await follow(await write('mine.ts', agent('one')), { prompt: 'one' });
    const lacking = {
      prompt: 'one',
      problem: expect.stringContaining("Cannot find module './parts/x/late'"),
    };
    await change('mine.ts', imports('./parts/x/late'), lacking);
    await tells(lacking, () => mkdir(join(directory, 'parts')));
    await tells(lacking, () => mkdir(join(directory, 'parts/x')));
    await change('parts/x/late.ts', `export default { text: 'two' };`, { prompt: 'two' });
  });

  it('may be in the .env beside it; the shell takes precedence', async () => {
    await write('.env', 'HZRELAY_TEST_PROMPT=one\nHZRELAY_TEST_SHELL=file\n');
    const path = await write(
      'mine.ts',
      'const { HZRELAY_TEST_PROMPT: prompt, HZRELAY_TEST_SHELL: shell } = process.env;\n' +
        'export default { agent: { systemPrompt: `${prompt} ${shell}` } };',
    );
    await follow(path, { prompt: 'one shell', said: 'From .env: HZRELAY_TEST_PROMPT.' });
    await change('.env', 'HZRELAY_TEST_PROMPT=two\n', { prompt: 'two shell' });
  });

  it('leaves no compiled code in the temporary folder, where others could read or replace it', async () => {
    await follow(await write('mine.ts', agent('one')), { prompt: 'one' });
    expect(await readdir(temporary)).toEqual([]);
  });
});
