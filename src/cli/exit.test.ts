import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AudioFileError, ConfigError, HzRelayError, ProviderError, TransportError } from '../core/errors.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { orAborted, reportError, runUntilSignal, UsageError, type CommandEnd } from './exit.js';
import { OutsideEffects } from './outside-effects.js';

let printed = '';

beforeEach(() => {
  printed = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('an error', () => {
  it.each<[Error, number]>([
    [new UsageError('x'), 2],
    [new ConfigError([{ field: 'a', problem: 'b.', remedy: 'C.' }]), 2],
    [new AudioFileError('x'), 2],
    [new TransportError('x'), 1],
    [new ProviderError('x', { kind: 'stt', provider: 'local', category: 'internal' }), 1],
  ])('%s of ours is its message alone, with exit code %i', (error, code) => {
    expect(reportError(error)).toBe(code);
    expect(printed).toBe(`error: ${error.message}\n`);
  });

  it('of the operating system needs no stack', () => {
    const refused = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    });
    expect(reportError(refused)).toBe(1);
    expect(printed).toBe('error: getaddrinfo ENOTFOUND nowhere\n');
  });

  it('that is unexpected comes with its stack', () => {
    expect(reportError(new TypeError('x is not a function'))).toBe(1);
    expect(printed).toMatch(/unexpected.*\nTypeError: x is not a function\n\s+at /);
    expect(reportError('just text')).toBe(1);
    expect(printed).toMatch(/just text\n$/);
  });
});

describe('a command', () => {
  const listeners = (): number[] =>
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'uncaughtException'].map((name) =>
      process.listenerCount(name),
    );
  let before: number[] = [];
  let watching: NodeJS.UncaughtExceptionListener[] = [];

  beforeEach(() => {
    before = listeners();
    watching = process.listeners('uncaughtException');
  });
  afterEach(() => expect(listeners()).toEqual(before));

  it('ends with the code it gives', async () => {
    expect(await runUntilSignal(() => Promise.resolve(1))).toEqual({ code: 1, stopped: false });
  });

  it('that fails ends with the code of its error', async () => {
    const failing = runUntilSignal(() => Promise.reject(new UsageError('no such file')));
    expect(await failing).toEqual({ code: 2, stopped: false });
    expect(printed).toBe('error: no such file\n');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is aborted by %s, may end its calls, and gives %i', async (signalName, code) => {
    let ended = false;
    const running = runUntilSignal(async (signal) => {
      await once(signal, 'abort');
      expect(signal.reason).toBeInstanceOf(HzRelayError);
      ended = true;
      return 0;
    });
    process.emit(signalName, signalName);
    expect(await running).toEqual({ code, stopped: true });
    expect(ended).toBe(true);
  });

  it('that throws because it was aborted says nothing about it', async () => {
    const running = runUntilSignal(async (signal) => {
      await once(signal, 'abort');
      throw signal.reason;
    });
    process.emit('SIGINT', 'SIGINT');
    expect(await running).toEqual({ code: 130, stopped: true });
    expect(printed).toBe('');
  });

  describe('that was stopped already', () => {
    let clock: VirtualClock;
    let effects: OutsideEffects;
    let exits: (number | string | null | undefined)[];
    /** Ends the command that still runs. */
    let finish: () => void;
    let ended: Promise<CommandEnd>;

    beforeEach(() => {
      clock = new VirtualClock();
      effects = new OutsideEffects();
      exits = [];
      jest.spyOn(process, 'exit').mockImplementation(((code: number) => exits.push(code)) as never);
      ended = runUntilSignal(() => new Promise((resolve) => (finish = () => resolve(0))), { effects, clock });
    });

    const signal = (name: NodeJS.Signals, afterMs = 1000): void => {
      clock.advance(afterMs);
      process.emit(name, name);
    };

    /** An error of this package, which nothing catches. */
    const crash = (error: Error): void => {
      error.stack = `${String(error)}\n    at turn (${new URL('../relay/relay.js', import.meta.url).href}:1:1)`;
      // Jest takes such errors for failures of the test.
      const others = process.listeners('uncaughtException').filter((listener) => watching.includes(listener));
      for (const listener of others) process.off('uncaughtException', listener);
      try {
        process.emit('uncaughtException', error);
      } finally {
        for (const listener of others) process.on('uncaughtException', listener);
      }
    };

    it.each([
      ['SIGINT', 'SIGTERM', 143],
      ['SIGHUP', 'SIGINT', 130],
      ['SIGINT', 'SIGINT', 130],
    ] as const)('by %s is cut off by %s', async (first, second, code) => {
      signal(first);
      expect(exits).toEqual([]);
      signal(second);
      expect(exits).toEqual([code]);
      finish();
      await ended;
    });

    it('is not cut off by the SIGHUPs that a closed terminal and its shell send', async () => {
      signal('SIGHUP');
      signal('SIGHUP', 0);
      signal('SIGHUP', 3000);
      finish();
      expect(await ended).toEqual({ code: 129, stopped: true });
      expect(exits).toEqual([]);
    });

    it('by Ctrl-C is not cut off by the terminal that is closed then', async () => {
      signal('SIGINT');
      signal('SIGHUP', 3000);
      finish();
      expect(await ended).toEqual({ code: 130, stopped: true });
      expect(exits).toEqual([]);
    });

    it('takes one Ctrl-C that arrives twice, as npx hands it on, for one', async () => {
      signal('SIGINT');
      signal('SIGINT', 20);
      finish();
      expect(await ended).toEqual({ code: 130, stopped: true });
      expect(exits).toEqual([]);
    });

    it('undoes what it changed outside before it is cut off', async () => {
      let undone = false;
      effects.add({
        ifLeft: 'It is left.',
        undo: () => {
          undone = true;
          return Promise.resolve();
        },
      });
      signal('SIGINT');
      expect(undone).toBe(false);
      signal('SIGINT');
      while (exits.length === 0) await Promise.resolve();
      expect({ undone, exits }).toEqual({ undone: true, exits: [130] });
      expect(printed).not.toContain('It is left.');
      finish();
      await ended;
    });

    it('ends with the code of the signal that hurried it where it ends while that is undone', async () => {
      effects.add({ ifLeft: 'It is left.', undo: () => new Promise(() => undefined) });
      signal('SIGINT');
      signal('SIGTERM');
      finish();
      expect(await ended).toEqual({ code: 143, stopped: true });
    });

    it('does not wait for ever for what cannot be undone, and says what is left', async () => {
      effects.add({ ifLeft: 'The number is left.', undo: () => new Promise(() => undefined) });
      effects.add({ ifLeft: 'The call is left.', undo: () => Promise.reject(new Error('Twilio is gone.')) });
      signal('SIGTERM');
      signal('SIGTERM');
      await Promise.resolve();
      expect(exits).toEqual([]);
      clock.advance(5000);
      while (exits.length === 0) await Promise.resolve();
      expect(printed).toContain('error: Twilio is gone.\n');
      expect(printed).toMatch(/error: The number is left\.\nerror: The call is left\.\n$/);
      finish();
      await ended;
    });

    it('ends by the third signal whatever is left', async () => {
      effects.add({ ifLeft: 'The number is left.', undo: () => new Promise(() => undefined) });
      signal('SIGINT');
      signal('SIGINT');
      expect(exits).toEqual([]);
      signal('SIGINT');
      expect(exits).toEqual([130]);
      finish();
      await ended;
    });

    it.each(['SIGQUIT', 'an error that nothing caught'])('is cut off by %s, undone first', async (what) => {
      let undone = false;
      effects.add({
        ifLeft: 'It is left.',
        undo: () => {
          undone = true;
          return Promise.resolve();
        },
      });
      if (what === 'SIGQUIT') signal('SIGQUIT');
      else crash(new TypeError('x is not a function'));
      while (exits.length === 0) await Promise.resolve();
      expect(undone).toBe(true);
      expect(exits).toEqual([what === 'SIGQUIT' ? 131 : 1]);
      expect(printed.includes('TypeError: x is not a function')).toBe(what !== 'SIGQUIT');
      finish();
      await ended;
    });
  });

  it('whose reader has gone away is aborted, ends its calls, and has not failed', async () => {
    const reader = new AbortController();
    let calls = 1;
    const running = runUntilSignal(
      async (signal) => {
        await once(signal, 'abort');
        calls = 0;
        throw signal.reason;
      },
      { readerGone: reader.signal },
    );
    reader.abort();
    expect(await running).toEqual({ code: 0, stopped: true });
    expect(calls).toBe(0);
    const late = runUntilSignal((signal) => Promise.resolve(signal.aborted ? 0 : 1), {
      readerGone: reader.signal,
    });
    expect(await late).toEqual({ code: 0, stopped: true });
  });
});

describe('a promise that a signal may cut short', () => {
  const reason = new Error('stopped');

  it('settles as it would have where nothing aborts', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve('done'), signal)).toBe('done');
    await expect(orAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
  });

  it('rejects with the reason of a signal that aborts first, or has aborted', async () => {
    const controller = new AbortController();
    const forever = new Promise(() => undefined);
    const waiting = orAborted(forever, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(orAborted(forever, controller.signal)).rejects.toBe(reason);
  });
});
