import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AudioFileError, ConfigError, HzRelayError, ProviderError, TransportError } from '../errors.js';
import { orAborted, reportError, runUntilSignal, UsageError } from './exit.js';

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

  it('that nobody expected comes with its stack', () => {
    expect(reportError(new TypeError('x is not a function'))).toBe(1);
    expect(printed).toMatch(/unexpected.*\nTypeError: x is not a function\n\s+at /);
    expect(reportError('just text')).toBe(1);
    expect(printed).toMatch(/just text\n$/);
  });
});

describe('a command', () => {
  const listeners = (): number[] =>
    ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));
  let before: number[] = [];

  beforeEach(() => {
    before = listeners();
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

  it('is cut off by the second signal', async () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
    const running = runUntilSignal(async (signal) => {
      await once(signal, 'abort');
      process.emit('SIGTERM', 'SIGTERM');
      return 0;
    });
    process.emit('SIGINT', 'SIGINT');
    expect(await running).toEqual({ code: 130, stopped: true });
    expect(exit.mock.calls).toEqual([[143]]);
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
