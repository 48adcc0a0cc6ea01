/** `hzrelay dev` under a shell with job control: Ctrl-Z, fg, bg and &. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CliTerminal } from '../../../test/harness/cli-terminal.js';
import { lightAgent } from '../../../test/harness/light-agents.js';

jest.setTimeout(180_000);

const enter = '\u001b[?1049h';
const leave = '\u001b[?1049l';
let folder: string;
let terminal: CliTerminal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-jobs-'));
  terminal = CliTerminal.shell({ XDG_STATE_HOME: folder, AGENT: lightAgent });
  await terminal.until(/\$ $/);
});
afterEach(async () => {
  await CliTerminal.killAll();
  await rm(folder, { recursive: true });
});

/** Types a command; resolves with where its output begins. */
function run(command: string): number {
  const from = terminal.written.length;
  terminal.type(`${command}\n`);
  return from;
}

async function url(from: number): Promise<string> {
  const [address] = await terminal.until(/127\.0\.0\.1:\d+/, from);
  return `http://${address}`;
}

describe('the dashboard', () => {
  it('is suspended by Ctrl-Z and gives the terminal back; fg resumes it, redrawn', async () => {
    let from = run('$HZRELAY dev $AGENT --port 0');
    await terminal.bytes(enter, from);
    const relay = await url(from);
    from = terminal.written.length;
    terminal.type('\u001a');
    await terminal.bytes(leave, from);
    await terminal.until(/Stopped|Suspended/i, from);
    // The shell has its line editing and echo again.
    await terminal.until(/\$ $/, from);
    from = run('echo the shell is ba""ck');
    await terminal.until(/the shell is back/, from);
    from = run('fg');
    await terminal.bytes(enter, from);
    await terminal.until(/HZRELAY/, from);
    await terminal.until(/SESSIONS/, from);
    expect((await fetch(`${relay}/healthz`)).status).toBe(200);
    // Keys are live: help is shown, and q quits.
    from = terminal.written.length;
    terminal.type('?');
    await terminal.until(/KEYS/, from);
    terminal.type('qq');
    await terminal.until(/Stopped\.[^]*\$ $/, from);
  });

  it('stays away from the terminal behind the shell (Ctrl-Z, bg), and comes back with fg', async () => {
    let from = run('$HZRELAY dev $AGENT --port 0');
    await terminal.bytes(enter, from);
    const relay = await url(from);
    from = terminal.written.length;
    terminal.type('\u001a');
    await terminal.until(/Stopped|Suspended/i, from);
    await terminal.until(/\$ $/, from);
    from = run('bg');
    await terminal.until(/\$ $/, from);
    // It runs, and prints lines as any job in the background does.
    expect((await fetch(`${relay}/healthz`)).status).toBe(200);
    from = run('jobs');
    await terminal.until(/Running/, from);
    expect(terminal.written.indexOf(enter, from)).toBe(-1);
    from = run('fg');
    await terminal.bytes(enter, from);
    await terminal.until(/HZRELAY/, from);
    terminal.type('q');
    await terminal.until(/Stopped\.[^]*\$ $/, from);
  });

  it('goes on redrawn after a stop from outside that it could not see', async () => {
    const from = run('$HZRELAY dev $AGENT --port 0');
    await terminal.bytes(enter, from);
    await url(from);
    const stopped = terminal.written.length;
    const [pid = ''] = execFileSync('pgrep', ['-P', String(terminal.pid)], { encoding: 'utf8' }).split('\n');
    process.kill(Number(pid), 'SIGSTOP');
    await terminal.until(/Stopped|Suspended/i, stopped);
    const again = run('fg');
    await terminal.bytes(enter, again);
    await terminal.until(/SESSIONS/, again);
    terminal.type('q');
    await terminal.until(/Stopped\.[^]*\$ $/, again);
  });
});

it('hzrelay dev & prints plain lines, is not stopped for that, and leaves the keys to the shell', async () => {
  let from = run('$HZRELAY dev $AGENT --port 0 &');
  await terminal.until(/LIVE/, from);
  const relay = await url(from);
  expect(terminal.written).not.toContain(enter);
  expect((await fetch(`${relay}/healthz`)).status).toBe(200);
  from = run('jobs; echo type""d');
  await terminal.until(/Running[^]*typed/, from);
  from = run('kill %1; wait');
  // The shell may write on the same line.
  await terminal.until(/Stopped\./, from);
});
