import { EventEmitter, once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../core/clock.js';
import { callStart, goldenCall } from '../../test/harness/sample-calls.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import type { JobControl } from './job-control.js';
import { Dashboard, type DashboardActions, type DashboardOptions } from './dashboard.js';

const enter = '\u001b[?1049h';
const leave = '\u001b[?1049l';

let folder: string;
let files = 0;
const opened: Opened[] = [];

/** A terminal's keyboard. */
class Keyboard extends EventEmitter {
  raw = false;
  flowing = false;

  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }

  resume(): this {
    this.flowing = true;
    return this;
  }

  pause(): this {
    this.flowing = false;
    return this;
  }

  press(text: string): void {
    this.emit('data', Buffer.from(text));
  }
}

/** A terminal's screen that keeps everything written to it. */
class TerminalScreen extends EventEmitter {
  columns = 80;
  rows = 24;
  readonly fd: number;
  readonly #path: string;
  readonly #watcher: FSWatcher;

  constructor(path: string) {
    super();
    this.#path = path;
    this.fd = openSync(path, 'w');
    this.#watcher = watch(path);
  }

  get written(): string {
    return readFileSync(this.#path, 'utf8');
  }

  /** Resolves when this text was shown, in any style. */
  async shows(text: string): Promise<void> {
    while (!stripVTControlCharacters(this.written).includes(text)) await once(this.#watcher, 'change');
  }

  dispose(): void {
    this.#watcher.close();
    closeSync(this.fd);
  }
}

const noActions: DashboardActions = {
  placeCall: () => Promise.reject(new Error('No caller here.')),
  openPage: () => Promise.resolve('Opened.'),
  toggleRecording: () => {
    throw new Error('Not even a promise.');
  },
  endSession: () => Promise.resolve('Ended.'),
};

interface Opened {
  readonly dashboard: Dashboard;
  readonly keyboard: Keyboard;
  readonly screen: TerminalScreen;
}

/** A dashboard that has painted its first picture. */
async function open(more: Partial<DashboardOptions> = {}): Promise<Opened> {
  const all = opening(more);
  if (!more.stdout) await all.screen.shows('HZRELAY');
  return all;
}

/** A dashboard whose painter is still starting, which takes a second; for tests that need no picture. */
function opening(more: Partial<DashboardOptions> = {}): Opened {
  const keyboard = new Keyboard();
  const screen = new TerminalScreen(join(folder, String(files++)));
  const dashboard = new Dashboard({
    relay: {
      version: '0.1.0',
      state: 'ready',
      localUrl: 'http://127.0.0.1:8787',
      publicUrl: null,
      phoneNumber: null,
      providers: null,
      recording: null,
    },
    actions: noActions,
    stdin: keyboard as unknown as DashboardOptions['stdin'],
    stdout: screen as unknown as DashboardOptions['stdout'],
    clock: systemClock,
    colour: false,
    ...more,
  });
  const all = { dashboard, keyboard, screen };
  opened.push(all);
  return all;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hzrelay-dashboard-'));
});

async function end({ dashboard, screen }: Opened): Promise<void> {
  dashboard.close();
  await dashboard.closed;
  screen.dispose();
}

afterEach(async () => {
  for (const one of opened.splice(0)) await end(one);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the dashboard', () => {
  it('takes the terminal, shows events, and restores the terminal', async () => {
    const { dashboard, keyboard, screen } = await open();
    expect(screen.written.startsWith(enter)).toBe(true);
    expect(keyboard).toMatchObject({ raw: true, flowing: true });
    for (const event of goldenCall('booking')) dashboard.event(event);
    await screen.shows('session a3f9b2c1 ended');
    dashboard.close();
    expect(screen.written.endsWith(leave)).toBe(true);
    expect(keyboard).toMatchObject({ raw: false, flowing: false });
    expect(await dashboard.closed).toEqual({ reason: 'closed' });
    expect(keyboard.listenerCount('data') + screen.listenerCount('resize')).toBe(0);
  });

  it('writes nothing after it has left its screen', async () => {
    const { dashboard, screen } = await open();
    for (let i = 0; i < 300; i++) dashboard.event(callStart(String(i).padStart(8, '0')));
    dashboard.close();
    await dashboard.closed;
    expect(screen.written.endsWith(leave)).toBe(true);
  });

  it('ends on q', async () => {
    const { dashboard, keyboard } = opening();
    keyboard.press('q');
    expect(await dashboard.closed).toEqual({ reason: 'quit' });
    expect(keyboard.raw).toBe(false);
  });

  it('ends on Ctrl-C at once, even during calls', async () => {
    const { dashboard, keyboard, screen } = opening();
    dashboard.event(callStart());
    keyboard.press('\u0003');
    expect(keyboard.raw).toBe(false);
    expect(screen.written.endsWith(leave)).toBe(true);
    expect(await dashboard.closed).toEqual({ reason: 'interrupt' });
  });

  it('ends without an error when the terminal is closed', async () => {
    for (const sign of ['end', 'error', 'close']) {
      const { dashboard, keyboard } = opening();
      keyboard.emit(
        sign,
        sign === 'error' ? Object.assign(new Error('read EIO'), { code: 'EIO' }) : undefined,
      );
      expect(await dashboard.closed).toEqual({ reason: 'hangup' });
      // The system reports it more than once.
      keyboard.emit('error', new Error('setRawMode EIO'));
    }
  });

  describe('under a shell', () => {
    /** Stops nothing; records what should be stopped. */
    class Shell implements JobControl {
      front = true;
      readonly stopped: string[] = [];

      inForeground(): boolean {
        return this.front;
      }

      stop(what: 'process' | 'job'): void {
        this.stopped.push(what);
      }
    }
    const continued = (): boolean => process.emit('SIGCONT', 'SIGCONT');

    it('restores the terminal before Ctrl-Z stops the job, and before kill -TSTP stops the process', async () => {
      const jobs = new Shell();
      const { dashboard, keyboard, screen } = await open({ jobs });
      for (const [stopped, stop] of [
        ['job', () => keyboard.press('\u001a')],
        ['process', () => process.emit('SIGTSTP', 'SIGTSTP')],
      ] as const) {
        stop();
        expect(jobs.stopped.splice(0)).toEqual([stopped]);
        expect(keyboard).toMatchObject({ raw: false, flowing: false });
        expect(screen.written.endsWith(leave)).toBe(true);
        expect(dashboard.hidden).toBe(true);
        dashboard.line('INFO', `the ${stopped} was hidden`);
        continued();
        expect(keyboard).toMatchObject({ raw: true, flowing: true });
        expect(dashboard.hidden).toBe(false);
        await screen.shows(`the ${stopped} was hidden`);
        expect(screen.written.lastIndexOf(enter)).toBeGreaterThan(screen.written.lastIndexOf(leave));
      }
    });

    it('comes back by itself if the system stops nothing', () => {
      const clock = new VirtualClock();
      const { keyboard } = opening({ jobs: new Shell(), clock });
      keyboard.press('\u001a');
      expect(keyboard.raw).toBe(false);
      clock.advance(200);
      expect(keyboard.raw).toBe(true);
    });

    it('does not touch the terminal in the background, and takes it in the foreground', () => {
      const clock = new VirtualClock();
      const jobs = new Shell();
      const { dashboard, keyboard, screen } = opening({ jobs, clock });
      keyboard.press('\u001a');
      jobs.front = false;
      continued();
      clock.advance(10_000);
      expect(dashboard.hidden).toBe(true);
      expect(keyboard.raw).toBe(false);
      expect(screen.written.endsWith(leave)).toBe(true);
      jobs.front = true;
      clock.advance(1000);
      expect(keyboard.raw).toBe(true);
      expect(dashboard.hidden).toBe(false);
    });

    it('sets up the terminal again after a stop without notice (SIGSTOP)', () => {
      const { keyboard, screen } = opening({ jobs: new Shell() });
      const before = screen.written.length;
      continued();
      expect(keyboard.raw).toBe(true);
      expect(screen.written.slice(before)).toContain(enter);
    });

    it('does not touch the terminal if it continues in the background after such a stop', () => {
      const jobs = new Shell();
      const { dashboard, keyboard, screen } = opening({ jobs });
      jobs.front = false;
      const before = screen.written.length;
      continued();
      expect(keyboard.raw).toBe(true);
      expect(keyboard.flowing).toBe(false);
      expect(screen.written.slice(before)).toBe('');
      expect(dashboard.hidden).toBe(true);
    });
  });

  // These share one, which takes a second to load.
  describe('while it is open', () => {
    const printed: string[] = [];
    const printer = { write: (text: string) => printed.push(text) > 0 };
    const captures = { stdout: { ...printer }, stderr: { ...printer } } as unknown as NonNullable<
      DashboardOptions['captures']
    >;
    let shared: Opened;

    beforeAll(async () => {
      shared = await open({
        captures,
        readings: () => [{ sessionId: 'a3f9b2c1', callerDbfs: -10, agentDbfs: -100, doing: 'listening' }],
      });
      opened.splice(0);
    });
    afterAll(() => end(shared));

    it('carries out the requests of keys, and shows their results', async () => {
      const { keyboard, screen } = shared;
      keyboard.press('o');
      await screen.shows('✓ Opened.');
      keyboard.press('w');
      await screen.shows('✗ No caller here.');
      keyboard.press('r');
      await screen.shows('✗ Not even a promise.');
    });

    it('reads levels during calls', async () => {
      const { dashboard, screen } = shared;
      dashboard.event(callStart());
      // Full scale for the caller, nothing from the agent.
      await screen.shows('█ ·');
    });

    it('adapts to a new terminal size', async () => {
      const { screen } = shared;
      Object.assign(screen, { columns: 160, rows: 50 });
      screen.emit('resize');
      await screen.shows('[ LATENCY ]');
    });

    it('shows printed lines in the log, and prints those for stderr again afterwards', async () => {
      const { dashboard, screen } = shared;
      captures.stdout.write('a note of the agent\n');
      captures.stderr.write('a warning\n');
      await screen.shows('INFO  a note of the agent');
      await screen.shows('WARN  a warning');
      expect(printed).toEqual([]);
      dashboard.close();
      expect(printed).toEqual(['a warning\n']);
    });
  });

  it.each(['exit', 'uncaughtExceptionMonitor'] as const)(
    'restores the terminal on %s, before anything else is printed',
    (sign) => {
      const before = process.listeners(sign as 'exit');
      const { keyboard, screen } = opening();
      const added = process.listeners(sign as 'exit').filter((listener) => !before.includes(listener));
      expect(added).toHaveLength(1);
      added[0]!.call(process, 0);
      expect(keyboard.raw).toBe(false);
      expect(screen.written.endsWith(leave)).toBe(true);
    },
  );

  it('leaves no listener on the process', async () => {
    const count = (): number =>
      ['exit', 'uncaughtExceptionMonitor', 'SIGTSTP', 'SIGCONT']
        .map((sign) => process.listenerCount(sign))
        .reduce((sum, count) => sum + count);
    const before = count();
    const { dashboard } = opening();
    dashboard.close();
    await dashboard.closed;
    expect(count()).toBe(before);
  });

  it('ends and restores the terminal if the painter fails', async () => {
    const good = new TerminalScreen(join(folder, String(files++)));
    const readOnly = openSync(join(folder, String(files - 1)), 'r');
    const fds = [good.fd, readOnly];
    // The dashboard enters the screen through the first; the painter gets the second, which it cannot write to.
    const stdout = {
      columns: 80,
      rows: 24,
      on: () => stdout,
      off: () => stdout,
      get fd() {
        return fds.shift();
      },
    };
    const { dashboard, keyboard } = await open({ stdout: stdout as unknown as DashboardOptions['stdout'] });
    expect(await dashboard.closed).toMatchObject({ reason: 'failed', cause: { code: 'EBADF' } });
    expect(good.written.startsWith(enter)).toBe(true);
    expect(good.written.endsWith(leave)).toBe(true);
    expect(keyboard.raw).toBe(false);
    good.dispose();
    closeSync(readOnly);
  });
});
