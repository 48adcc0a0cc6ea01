import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '../core/clock.js';
import { ProviderError, type ProviderErrorCategory } from '../core/errors.js';
import { ScriptedServer, type Script } from '../../test/harness/scripted-server.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { askFor, refusalBy, runProbe } from './probe.js';

const clock = new VirtualClock();
const never = new AbortController().signal;
const errorOf = (thrown: unknown): ProviderError => failure('server', String(thrown));

function failure(category: ProviderErrorCategory, message = 'It failed.'): ProviderError {
  return new ProviderError(message, { kind: 'stt', provider: 'vendor', category });
}

function probe(request: (signal: AbortSignal) => Promise<void>, signal = never): Promise<void> {
  return runProbe({ kind: 'stt', provider: 'vendor', clock, signal, errorOf }, request);
}

/** Rejects when the signal aborts, as requests do. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  });
}

const servers: ScriptedServer[] = [];
async function serve(script: Script): Promise<string> {
  const server = await ScriptedServer.start(script);
  servers.push(server);
  return server.url;
}

afterEach(async () => {
  expect(clock.pendingTimers).toBe(0);
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('a probe', () => {
  it('is content when its request is answered', async () => {
    await expect(probe(() => Promise.resolve())).resolves.toBeUndefined();
  });

  it('fails as its provider says', async () => {
    await expect(probe(() => Promise.reject(new Error('broken')))).rejects.toThrow('Error: broken');
  });

  it('gives up after four seconds', async () => {
    const probed = probe(untilAborted);
    clock.advance(4000);
    await expect(probed).rejects.toMatchObject({
      category: 'timeout',
      message: 'vendor did not answer within 4000 ms.',
    });
  });

  it('ends when it is called off, before it begins too', async () => {
    const abort = new AbortController();
    const probed = probe(untilAborted, abort.signal);
    abort.abort();
    await expect(probed).rejects.toMatchObject({ category: 'aborted', retryable: false });
    const late = probe(
      (signal) => (signal.aborted ? Promise.reject(new Error('x')) : Promise.resolve()),
      abort.signal,
    );
    await expect(late).rejects.toMatchObject({ category: 'aborted' });
  });
});

describe("a probe's request", () => {
  it('tells what the server answered', async () => {
    const url = await serve(() => ({ status: 429, body: 'slow down', headers: { 'retry-after': '7' } }));
    expect(await askFor(url, {}, never)).toEqual({ status: 429, body: 'slow down', retryAfterMs: 7000 });
  });

  it('takes its key to no other host', async () => {
    let carried = 0;
    const elsewhere = await serve(() => {
      carried++;
      return { status: 200 };
    });
    const url = await serve(() => ({ status: 302, headers: { location: elsewhere } }));
    expect(await askFor(url, { 'xi-api-key': 'secret' }, never)).toMatchObject({ status: 302 });
    expect(carried).toBe(0);
  });

  it('says why there was no answer', async () => {
    const gone = await ScriptedServer.start(() => null);
    await gone.close();
    await expect(askFor(gone.url, {}, never)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a warm-up', () => {
  it.each(['auth', 'bad_request'] as const)('tells of a refusal (%s)', async (category) => {
    const error = failure(category);
    expect(await refusalBy(() => Promise.reject(error), clock)).toBe(error);
  });

  it.each(['server', 'timeout', 'rate_limit', 'connection'] as const)(
    'does not mind %s',
    async (category) => {
      expect(await refusalBy(() => Promise.reject(failure(category)), clock)).toBeNull();
    },
  );

  it('waits a second for the answer, and then calls the probe off', async () => {
    let asked = never;
    const refusal = refusalBy((signal) => {
      asked = signal;
      return untilAborted(signal);
    }, clock);
    clock.advance(999);
    expect(asked.aborted).toBe(false);
    clock.advance(1);
    expect(await refusal).toBeNull();
    expect(asked.aborted).toBe(true);
  });

  it.each([1, 9])('takes %i timers that are late for what they are: this process was busy', async (late) => {
    const fired: (() => void)[] = [];
    let nowMs = 0;
    const busy: Clock = {
      nowMs: () => nowMs,
      setTimer: (_delayMs, callback) => {
        fired.push(callback);
        return { cancel: () => void (fired.length = 0) };
      },
    };
    let answer: (error: Error) => void = () => undefined;
    const refusal = refusalBy(() => new Promise((_resolve, reject) => (answer = reject)), busy);
    for (let timer = 0; timer < late; timer++) {
      nowMs += 5000;
      fired.shift()?.();
    }
    await nextTurn();
    const error = failure('auth');
    answer(error);
    expect(await refusal).toBe(error);
    expect(fired).toEqual([]);
  });
});
