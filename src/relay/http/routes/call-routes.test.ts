import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readWav } from '../../../audio/wav.js';
import type { CallSummary } from '../../../call-view/call-summary.js';
import type { SessionEvent } from '../../../events/session-event.js';
import { LightRelay, until, type LightCall } from '../../../../test/harness/light-relay.js';
import type { RelayOptions } from '../../relay-options.js';

let light: LightRelay | null = null;
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-calls-'));
});

afterEach(async () => {
  await light?.close();
  light = null;
  await rm(folder, { recursive: true });
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  await light?.close();
  light = await LightRelay.start(options);
  return light;
}

function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${light?.url}${path}`, { headers });
}

async function listed(): Promise<readonly CallSummary[]> {
  const { calls } = (await (await ask('/calls')).json()) as { readonly calls: readonly CallSummary[] };
  return calls;
}

function eventsIn(text: string): SessionEvent[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SessionEvent);
}

/** A call with one exchange that has ended. */
async function endedCall(relay: LightRelay): Promise<LightCall> {
  const call = await relay.call({ from: '+15550100009' });
  await call.talk();
  await call.phone.hangUp();
  await until(() => !relay.relay.sessions.includes(call.session));
  return call;
}

/** Resolves when the list says that the only call was recorded. */
async function recorded(): Promise<void> {
  for (let look = 0; look < 10_000; look++) if ((await listed())[0]?.recorded) return;
  throw new Error('The recording was never finished.');
}

describe('GET /calls', () => {
  it('lists running and ended calls, the latest first', async () => {
    const relay = await start();
    const first = await endedCall(relay);
    relay.clock.advance(1000);
    const second = await relay.call();
    expect(await listed()).toEqual([
      {
        sessionId: second.session.id,
        transport: 'twilio',
        from: expect.any(String),
        to: expect.any(String),
        startedAtMs: expect.any(Number),
        durationMs: null,
        endReason: null,
        turns: 0,
        mouthToEarMs: null,
        recorded: false,
      },
      expect.objectContaining({
        sessionId: first.session.id,
        from: '+15550100009',
        durationMs: expect.any(Number),
        endReason: 'hangup',
      }),
    ]);
  });

  it('lists also recorded calls of an earlier run', async () => {
    const call = await endedCall(await start({ record: folder }));
    await recorded();
    const [before] = await listed();
    await start({ record: folder });
    expect(await listed()).toEqual([before]);
    expect(before).toMatchObject({ sessionId: call.session.id, endReason: 'hangup', recorded: true });
  });

  it('leaves out what is no recording, and lists the others', async () => {
    const call = await endedCall(await start({ record: folder }));
    await recorded();
    const odd = [
      ['20990101-000000-00000001', 'metrics.json', '{}'],
      ['20990101-000000-00000002', 'metrics.json', 'null'],
      ['20990101-000000-00000003', 'events.ndjson', ''],
    ] as const;
    for (const [name, file, text] of odd) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, file), text);
    }
    await mkdir(join(folder, '20990101-000000-00000004'));
    for (const file of ['metrics.json', 'events.ndjson', 'audio.wav'])
      await symlink('/etc/hostname', join(folder, '20990101-000000-00000004', file));
    await start({ record: folder });
    expect((await listed()).map(({ sessionId }) => sessionId)).toEqual([call.session.id]);
    for (const path of ['events', 'audio'])
      expect((await ask(`/sessions/00000004/${path}`)).status).toBe(404);
  });

  it('lists a call whose recording was stopped before its end as ended, with all that this run knows', async () => {
    const relay = await start({ record: folder });
    const call = await relay.call();
    await call.talk();
    relay.relay.recording = null;
    await recorded();
    await call.talk();
    await call.phone.hangUp();
    await until(() => relay.relay.sessions.length === 0);
    const path = `/sessions/${call.session.id}/events`;
    expect(eventsIn(await (await ask(path)).text()).at(-1)).toMatchObject({ type: 'session.end' });
    await start({ record: folder });
    expect(await listed()).toEqual([
      expect.objectContaining({ durationMs: expect.any(Number), endReason: null, recorded: true }),
    ]);
    expect(eventsIn(await (await ask(path)).text()).at(-1)?.type).not.toBe('session.end');
  });

  it('needs the token of a relay that can be reached from outside, as do the calls themselves', async () => {
    await start({ publicUrl: 'https://relay.example', twilioAuthToken: 'secret' });
    for (const path of ['/calls', '/sessions/00000000/events', '/sessions/00000000/audio', '/about'])
      expect(`${path} ${(await ask(path)).status}`).toBe(`${path} 401`);
  });
});

describe('GET /sessions/:id/events', () => {
  it('tells what happened in a running call and in an ended one, without what a later event repeats', async () => {
    const relay = await start();
    const call = await relay.call();
    const path = `/sessions/${call.session.id}/events`;
    const told: SessionEvent[] = [];
    call.session.on('*', (event) => told.push(event));
    await call.talk();
    const running = await ask(path);
    expect(running.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(eventsIn(await running.text()).at(0)?.type).toBe('session.start');
    await call.phone.hangUp();
    await until(() => relay.relay.sessions.length === 0);
    const events = eventsIn(await (await ask(path)).text());
    expect(events.slice(1)).toEqual(told.filter(({ type }) => type !== 'agent.heard'));
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
  });

  it('reads those of a recorded call of an earlier run', async () => {
    const call = await endedCall(await start({ record: folder }));
    await recorded();
    const path = `/sessions/${call.session.id}/events`;
    const before = await (await ask(path)).text();
    await start({ record: folder });
    expect(await (await ask(path)).text()).toBe(before);
    expect(eventsIn(before).at(-1)?.type).toBe('session.end');
  });

  it('forgets the oldest calls, but never a running one', async () => {
    const relay = await start({ maxSessions: 200 });
    const running = await relay.call();
    const first = await endedCall(relay);
    for (let count = 0; count < 100; count++) {
      const call = await relay.call();
      await call.phone.hangUp();
      await until(() => relay.relay.sessions.length === 1);
    }
    expect((await ask(`/sessions/${running.session.id}/events`)).status).toBe(200);
    expect(await (await ask(`/sessions/${first.session.id}/events`)).json()).toEqual({
      error: `No events of session ${first.session.id} are kept; GET /calls lists the calls whose are.`,
    });
    expect(await listed()).toHaveLength(100);
  });
});

describe('GET /sessions/:id/audio', () => {
  it('plays a recorded call, whole or the part that a player asks for', async () => {
    const call = await endedCall(await start({ record: folder }));
    await recorded();
    const path = `/sessions/${call.session.id}/audio`;
    const whole = await ask(path);
    expect(whole.headers.get('content-type')).toMatch(/^audio\/(x-)?wav/);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    expect(readWav(bytes)).toMatchObject({ sampleRateHz: 8000 });
    const part = await ask(path, { range: 'bytes=100-199' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 100-199/${bytes.length}`);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(100, 200));
    expect((await ask(path, { range: `bytes=${bytes.length}-` })).status).toBe(416);
  });

  it.each(['.hidden', 'a%20b', '50%'])('plays those in a folder named %s', async (name) => {
    const call = await endedCall(await start({ record: join(folder, name) }));
    await recorded();
    expect((await ask(`/sessions/${call.session.id}/audio`)).status).toBe(200);
  });

  it('says how calls are recorded where this one was not', async () => {
    const call = await endedCall(await start());
    for (const id of [call.session.id, '..%2f..%2fetc', 'passwd']) {
      const answer = await ask(`/sessions/${id}/audio`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({ error: expect.stringContaining('--record') });
    }
  });
});

describe('GET /about', () => {
  it('tells who answers, what to say, and the providers where every call has the same', async () => {
    await start({ page: { agent: 'a receptionist', suggestions: ['Good morning'] } });
    expect(await (await ask('/about')).json()).toEqual({
      agent: 'a receptionist',
      suggestions: ['Good morning'],
    });
    await start({ session: { stt: { provider: 'local' }, llm: () => 'Yes.', tts: { provider: 'local' } } });
    expect(await (await ask('/about')).json()).toEqual({
      providers: { stt: 'local', llm: 'function', tts: 'local' },
    });
  });
});
