import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionTrace } from '../../../session/trace/session-trace.js';
import { LightRelay, until } from '../../../../test/harness/light-relay.js';
import type { RelayOptions } from '../../relay-options.js';
import { InMemorySessionDirectory, type SessionDirectory } from '../../session-directory.js';

let light: LightRelay | null = null;

afterEach(async () => {
  await light?.close();
  light = null;
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  light = await LightRelay.start(options);
  return light;
}

async function ask(path: string): Promise<{ readonly status: number; readonly json: unknown }> {
  const answer = await fetch(`${light?.url}${path}`);
  return { status: answer.status, json: await answer.json() };
}

/** The trace of a session that had a turn and has ended. */
async function endedSession(relay: LightRelay): Promise<string> {
  const call = await relay.call();
  await call.talk();
  await call.phone.hangUp();
  await until(() => relay.relay.sessions.length === 0);
  return call.session.id;
}

describe('GET /sessions/:id', () => {
  it('shows one session, while it lives and afterwards', async () => {
    const relay = await start();
    const call = await relay.call({ from: '+15550100009' });
    const path = `/sessions/${call.session.id}`;
    expect(await ask(path)).toMatchObject({
      status: 200,
      json: { sessionId: call.session.id, from: '+15550100009', metrics: { state: 'listening' } },
    });
    await call.phone.hangUp();
    await until(() => relay.relay.sessions.length === 0);
    expect(await ask(path)).toMatchObject({ status: 200, json: { metrics: { state: 'ended' } } });
  });
});

describe('GET /sessions/:id/trace', () => {
  it('shows what the state machine of a running session was told, how it stood then, and what it wanted', async () => {
    const relay = await start();
    const call = await relay.call();
    await call.talk();
    const { status, json } = await ask(`/sessions/${call.session.id}/trace`);
    expect(status).toBe(200);
    const { sessionId, droppedSteps, steps } = json as SessionTrace;
    expect({ sessionId, droppedSteps }).toEqual({ sessionId: call.session.id, droppedSteps: 0 });
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
    expect(steps.map(({ input }) => input.type)).toEqual(
      expect.arrayContaining(['connected', 'speak', 'audio_ready', 'output_finished', 'played_out']),
    );
    expect(steps.find(({ input }) => input.type === 'audio_ready')).toMatchObject({
      wallTime: expect.stringMatching(/^2026-01-31T12:00:0\d\.\d{3}Z$/),
      state: { phase: 'live', agent: { turn: 1, phase: 'playing' } },
      effects: expect.arrayContaining([{ type: 'release_audio', turn: 1 }]),
    });
  });

  it('shows also that of a session which has ended lately', async () => {
    const relay = await start();
    const { status, json } = await ask(`/sessions/${await endedSession(relay)}/trace`);
    expect(status).toBe(200);
    expect((json as SessionTrace).steps.at(-1)).toMatchObject({
      input: { type: 'end', reason: 'hangup' },
      state: { phase: 'ended' },
    });
  });

  it('says how to keep traces where that of a session is not kept any more', async () => {
    const memory = new InMemorySessionDirectory();
    const directory: SessionDirectory = {
      put: (snapshot) => memory.put(snapshot),
      get: (id) => memory.get(id),
      list: () => memory.list(),
    };
    const relay = await start({ directory });
    expect(await ask(`/sessions/${await endedSession(relay)}/trace`)).toMatchObject({
      status: 404,
      json: { error: expect.stringContaining('--record') },
    });
  });

  it('does not know sessions that never were', async () => {
    await start();
    for (const path of ['/sessions/00000000', '/sessions/00000000/trace']) {
      expect(await ask(path)).toEqual({
        status: 404,
        json: { error: 'There is no session 00000000; GET /sessions lists them.' },
      });
    }
  });

  it('tells of a directory that fails, and calls go on', async () => {
    const memory = new InMemorySessionDirectory();
    const directory: SessionDirectory = {
      put: (snapshot) => memory.put(snapshot),
      get: (id) => memory.get(id),
      list: () => memory.list(),
      putTrace: () => Promise.reject(new Error('The disk is full.')),
    };
    const relay = await start({ directory });
    await endedSession(relay);
    await until(() => relay.said.includes('The session directory failed: The disk is full.'));
    await (await relay.call()).talk();
  });
});
