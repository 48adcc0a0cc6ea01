/** Time from the start of the process to the version, or to a relay that takes calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { distribution } from './section.js';

const folder = fileURLToPath(new URL('../../', import.meta.url));
const command = 'bin/hzrelay.js';
const targetReadyMs = 1000;

export async function startUp({ rounds }) {
  const node = process.execPath;
  const runs = [
    { name: 'bare node, for comparison', run: () => untilExit(node, ['-e', '0']) },
    { name: 'hzrelay --version', run: () => untilExit(node, [command, '--version']) },
    { name: 'hzrelay dev to ready', run: () => untilReady(node, [command, 'dev', '--port', '0']) },
    {
      name: 'npm start to ready, npm included',
      run: () => untilReady('npm', ['start', '--silent', '--', '--port', '0']),
      targetP50: targetReadyMs,
    },
  ];
  const figures = [];
  for (const { name, run, ...target } of runs) {
    const tookMs = [];
    for (let round = 0; round < rounds; round++) tookMs.push(await run());
    figures.push(distribution(name, 'ms', tookMs, target));
  }
  return { title: 'Start-up', figures, problems: [] };
}

async function untilExit(program, args) {
  const startedMs = performance.now();
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with code ${code}.`);
  return performance.now() - startedMs;
}

/** Measures the time until the ready line, then stops the program. */
async function untilReady(program, args) {
  const startedMs = performance.now();
  // Use a process group, since npm and the relay are two processes that must both be stopped.
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const readyMs = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes(' is ready on http')) resolve(performance.now() - startedMs);
    });
    child.on('exit', () => reject(new Error(`${args.join(' ')} ended before it was ready: ${said}`)));
  });
  process.kill(-child.pid, 'SIGTERM');
  await exited;
  return readyMs;
}
