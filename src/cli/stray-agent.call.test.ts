/** Agent files whose code goes astray: no call suffers, and no command claims to have succeeded. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { CliProcess, type CliEnd } from '../../test/harness/cli-process.js';
import { lightAgent } from '../../test/harness/light-agents.js';
import { sideBySide } from '../../test/harness/side-by-side.js';

jest.setTimeout(180_000);

const recording = fileURLToPath(new URL('../../fixtures/audio/friday.wav', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-stray-'));
});
afterAll(async () => {
  await CliProcess.killAll();
  await rm(folder, { recursive: true });
});

const beside = sideBySide();

/** Replays a recording to the light agent with this model function and these lines before it. */
async function replay(name: string, before: string, model: string, ...flags: string[]): Promise<CliEnd> {
  const path = join(folder, name);
  await writeFile(
    path,
    `import light from ${JSON.stringify(lightAgent)};
${before}
const llm = ({ messages }) => { ${model}; return messages.at(-1).content; };
export default { ...light, llm };`,
  );
  return CliProcess.run(['replay', recording, '--agent', path, ...flags]);
}

describe('an agent file', () => {
  beside(
    'that leaves a rejection and an error unhandled is told where; the call goes on, and the exit code is 1',
    async () => {
      const model = `Promise.reject(new Error('forgot to await')); setTimeout(() => { throw new Error('too late'); })`;
      const { code, stdout, stderr } = await replay('stray.mjs', '', model);
      expect(stderr).toMatch(/unhandled error in \S*stray\.mjs:\d+: forgot to await\. The calls go on\./);
      expect(stderr).toMatch(/unhandled error in \S*stray\.mjs:\d+: too late\. The calls go on\./);
      expect(stderr).not.toContain('please report');
      expect(stdout).toMatch(/session \w+ ended/);
      expect(stdout).toMatch(/^ {3}1 {2}friday/m);
      expect(code).toBe(1);
    },
  );

  beside('that never finishes loading does not count as a success', async () => {
    const { code, stdout, stderr } = await replay('waits.mjs', 'await new Promise(() => {});', '');
    expect(stderr).toMatch(/waits for something that never comes, such as an await at the top/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  beside('that ends the process does not end it with success', async () => {
    const { code, stderr } = await replay('exits.mjs', '', 'process.exit(0)');
    expect(stderr).toMatch(/process\.exit\(\) was called before the command had ended/);
    expect(code).toBe(1);
  });

  beside('that prints leaves --json to the events', async () => {
    const { code, stdout, stderr } = await replay(
      'prints.mjs',
      "console.log('loaded');",
      "console.log('asked')",
      '--json',
    );
    expect(stderr).toMatch(/loaded[\s\S]*asked/);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toContain('session.end');
    expect(code).toBe(0);
  });
});
