/** `hzrelay dev` under a shell with job control: Ctrl-Z, fg, bg and &. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest } from '@jest/globals';
import { CliTerminal } from '../../../test/harness/cli-terminal.js';
import { lightAgent } from '../../../test/harness/light-agents.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';

jest.setTimeout(180_000);

const enter = '\u001b[?1049h';
const leave = '\u001b[?1049l';
const beside = sideBySide();
afterAll(() => CliTerminal.killAll());

/** Types a command; resolves with where its output begins. */
function run(terminal: CliTerminal, command: string): number {
  const from = terminal.written.length;
  terminal.type(`${command}\n`);
  return from;
}

async function url(terminal: CliTerminal, from: number): Promise<string> {
  const [address] = await terminal.until(/127\.0\.0\.1:\d+/, from);
  return `http://${address}`;
}

/** A test with a shell of its own. */
function held(name: string, test: (terminal: CliTerminal) => Promise<void>): void {
  beside(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hzrelay-jobs-'));
    const terminal = CliTerminal.shell({ XDG_STATE_HOME: folder, AGENT: lightAgent });
    await terminal.until(/\$ $/);
    const tidy = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
    await test(terminal).finally(tidy);
  });
}

describe('the dashboard', () => {
  held('is suspended by Ctrl-Z and gives the terminal back; fg resumes it, redrawn', async (terminal) => {
    let from = run(terminal, '$HZRELAY dev $AGENT --port 0');
    await terminal.bytes(enter, from);
    const relay = await url(terminal, from);
    from = terminal.written.length;
    terminal.type('\u001a');
    await terminal.bytes(leave, from);
    await terminal.until(/Stopped|Suspended/i, from);
    // The shell has its line editing and echo again.
    await terminal.until(/\$ $/, from);
    from = run(terminal, 'echo the shell is ba""ck');
    await terminal.until(/the shell is back/, from);
    from = run(terminal, 'fg');
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

  held(
    'stays away from the terminal behind the shell (Ctrl-Z, bg), and comes back with fg',
    async (terminal) => {
      let from = run(terminal, '$HZRELAY dev $AGENT --port 0');
      await terminal.bytes(enter, from);
      const relay = await url(terminal, from);
      from = terminal.written.length;
      terminal.type('\u001a');
      await terminal.until(/Stopped|Suspended/i, from);
      await terminal.until(/\$ $/, from);
      from = run(terminal, 'bg');
      await terminal.until(/\$ $/, from);
      // It runs, and prints lines as any job in the background does.
      expect((await fetch(`${relay}/healthz`)).status).toBe(200);
      from = run(terminal, 'jobs');
      await terminal.until(/Running/, from);
      expect(terminal.written.indexOf(enter, from)).toBe(-1);
      from = run(terminal, 'fg');
      await terminal.bytes(enter, from);
      await terminal.until(/HZRELAY/, from);
      terminal.type('q');
      await terminal.until(/Stopped\.[^]*\$ $/, from);
    },
  );

  held('goes on redrawn after a stop from outside that it could not see', async (terminal) => {
    const from = run(terminal, '$HZRELAY dev $AGENT --port 0');
    await terminal.bytes(enter, from);
    await url(terminal, from);
    const stopped = terminal.written.length;
    const [pid = ''] = execFileSync('pgrep', ['-P', String(terminal.pid)], { encoding: 'utf8' }).split('\n');
    process.kill(Number(pid), 'SIGSTOP');
    await terminal.until(/Stopped|Suspended/i, stopped);
    const again = run(terminal, 'fg');
    await terminal.bytes(enter, again);
    await terminal.until(/SESSIONS/, again);
    terminal.type('q');
    await terminal.until(/Stopped\.[^]*\$ $/, again);
  });
});

held(
  'hzrelay dev & prints plain lines, is not stopped for that, and leaves the keys to the shell',
  async (terminal) => {
    let from = run(terminal, '$HZRELAY dev $AGENT --port 0 &');
    await terminal.until(/LIVE/, from);
    const relay = await url(terminal, from);
    expect(terminal.written).not.toContain(enter);
    expect((await fetch(`${relay}/healthz`)).status).toBe(200);
    from = run(terminal, 'jobs; echo type""d');
    await terminal.until(/Running[^]*typed/, from);
    from = run(terminal, 'kill %1; wait');
    // The shell may write on the same line.
    await terminal.until(/Stopped\./, from);
  },
);
