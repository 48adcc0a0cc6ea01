import { closeSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OutputGuard, type GuardedStream, type OutputName } from './output-guard.js';

/** A stream that fails as the system's do. */
class FailingStream implements GuardedStream {
  readonly written: string[] = [];
  writableLength = 0;
  /** The code of the error, and whether `write` itself throws it. */
  fault: { readonly code: string; readonly thrown?: boolean } | null = null;
  #onError: (error: NodeJS.ErrnoException) => void = (error) => {
    throw error;
  };

  readonly fd: number | undefined;

  constructor(fd: number | undefined) {
    this.fd = fd;
  }

  write(text: string, done?: () => void): boolean {
    if (this.fault) {
      const { code, thrown = false } = this.fault;
      const error = Object.assign(new Error(`write ${code}`), { code });
      if (thrown) throw error;
      queueMicrotask(() => this.#onError(error));
    } else if (text !== '') this.written.push(text);
    if (done) queueMicrotask(done);
    return true;
  }

  on(_event: 'error', listener: (error: NodeJS.ErrnoException) => void): void {
    this.#onError = listener;
  }
}

interface Guarded {
  readonly guard: OutputGuard;
  readonly stdout: FailingStream;
  readonly stderr: FailingStream;
  readonly told: string[];
}

function guarded(fds: Partial<Record<OutputName, number>> = {}): Guarded {
  const stdout = new FailingStream(fds.stdout);
  const stderr = new FailingStream(fds.stderr);
  const guard = new OutputGuard({ stdout, stderr });
  guard.watch();
  const told: string[] = [];
  guard.onLost((message) => told.push(message));
  return { guard, stdout, stderr, told };
}

const settled = (): Promise<void> => new Promise(setImmediate);

describe('output that cannot be written', () => {
  it.each([
    ['ENOSPC', 'no space is left on the device'],
    ['EIO', 'the terminal or device is gone'],
    ['ENXIO', 'the terminal or device is gone'],
    ['EFBIG', 'the file would be too large'],
    ['ESOMETHING', 'write ESOMETHING'],
  ])(
    'with %s on stdout is lost, said once on stderr and to who listens, and ends nothing',
    async (code, why) => {
      for (const thrown of [false, true]) {
        const { guard, stdout, stderr, told } = guarded();
        stdout.fault = { code, thrown };
        for (let line = 0; line < 3; line++) guard.print('stdout', 'a line\n');
        await settled();
        expect(told).toEqual([`Output on stdout is lost: ${why}.`]);
        expect(stderr.written).toEqual([`warning: Output on stdout is lost: ${why}.\n`]);
        expect(guard.lostOutput).toBe(true);
        expect(guard.readerGone.aborted).toBe(false);
      }
    },
  );

  it.each(['ENOSPC', 'EIO', 'ENXIO'])('with %s on stderr leaves stdout alone', async (code) => {
    const { guard, stdout, stderr, told } = guarded();
    stderr.fault = { code };
    guard.print('stderr', 'a message\n');
    guard.print('stdout', 'data\n');
    await settled();
    expect(stdout.written).toEqual(['data\n']);
    expect(told).toHaveLength(1);
    expect(guard.lostOutput).toBe(false);
  });

  it('on both is said to who listens, and nothing throws', async () => {
    const { guard, stdout, stderr, told } = guarded();
    stdout.fault = { code: 'ENOSPC', thrown: true };
    stderr.fault = { code: 'EIO', thrown: true };
    guard.print('stdout', 'data\n');
    guard.print('stderr', 'a message\n');
    await settled();
    expect(told.sort()).toEqual([
      'Output on stderr is lost: the terminal or device is gone.',
      'Output on stdout is lost: no space is left on the device.',
    ]);
    await guard.written();
  });

  it('is written again once there is space', async () => {
    const { guard, stdout } = guarded();
    stdout.fault = { code: 'ENOSPC' };
    guard.print('stdout', 'lost\n');
    await settled();
    stdout.fault = null;
    guard.print('stdout', 'back\n');
    expect(stdout.written).toEqual(['back\n']);
  });

  it('because nothing reads it does not fill the memory', () => {
    const { guard, stdout, told } = guarded();
    stdout.writableLength = 17 * 1024 * 1024;
    guard.print('stdout', 'too much\n');
    expect(stdout.written).toEqual([]);
    expect(told).toEqual(['Output on stdout is lost: its reader has stopped reading.']);
  });
});

describe('a reader that goes away', () => {
  it.each(['EPIPE', 'ECONNRESET'])('of stdout (%s) wants nothing more, which is no loss', async (code) => {
    const { guard, stdout, stderr, told } = guarded();
    stdout.fault = { code };
    guard.print('stdout', 'data\n');
    await settled();
    expect(guard.readerGone.aborted).toBe(true);
    expect({ told, lost: guard.lostOutput, said: stderr.written }).toEqual({
      told: [],
      lost: false,
      said: [],
    });
  });

  it('of stderr alone is no reason to end', async () => {
    const { guard, stderr } = guarded();
    stderr.fault = { code: 'EPIPE' };
    guard.print('stderr', 'a message\n');
    await settled();
    expect(guard.readerGone.aborted).toBe(false);
  });

  it('of both in one (2>&1) ends it at the first message', async () => {
    const path = join(tmpdir(), `hzrelay-output-${process.pid}`);
    const fd = openSync(path, 'w');
    const { guard, stderr } = guarded({ stdout: fd, stderr: fd });
    closeSync(fd);
    rmSync(path);
    stderr.fault = { code: 'EPIPE' };
    guard.print('stderr', 'a message\n');
    await settled();
    expect(guard.readerGone.aborted).toBe(true);
  });
});
