// Writes the golden event logs, fixtures/golden/*.ndjson, from the conversations listed beside them: the output of
// `hzrelay replay --json`. `hzrelay replay --expect` compares a later run with them.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const conversations = JSON.parse(await readFile(path('../fixtures/golden/conversations.json'), 'utf8'));

for (const { name, recordings, bargeInMs } of conversations) {
  const files = recordings.map((recording) => path(`../fixtures/audio/${recording}.wav`));
  const bargeIn = bargeInMs === undefined ? [] : ['--barge-in', String(bargeInMs)];
  const { stdout } = await run(process.execPath, [
    path('../bin/hzrelay.js'),
    'replay',
    ...files,
    ...bargeIn,
    '--json',
  ]);
  await writeFile(path(`../fixtures/golden/${name}.ndjson`), stdout);
  console.log(`${name}: ${stdout.trimEnd().split('\n').length} events`);
}
