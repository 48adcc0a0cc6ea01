import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readWav } from '../../audio/wav.js';
import type { SessionEvent } from '../../events/session-event.js';
import { parseEventLog } from '../../replay/golden.js';
import type { TraceStep } from '../../session/trace/session-trace.js';
import type { SessionMetrics } from '../../session/session-parts.js';
import { LightRelay, lightSession, spokenTone, until } from '../../../test/harness/light-relay.js';
import { resolveRelayOptions, type RelayOptions } from '../relay-options.js';

let folder = '';
let light: LightRelay | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-record-'));
});
afterEach(async () => {
  await light?.close();
  expect(light?.clock.pendingTimers ?? 0).toBe(0);
  light = null;
  await rm(folder, { recursive: true });
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  light = await LightRelay.start(options);
  return light;
}

/** The folder of the only session recorded below `below`. */
async function recorded(below = folder): Promise<string> {
  const names = await readdir(below);
  expect(names).toEqual([expect.stringMatching(/^\d{8}-\d{6}-[0-9a-f]{8}$/)]);
  return join(below, names[0]!);
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}

/** The state machine steps of a recorded session. */
async function readTrace(session: string): Promise<TraceStep[]> {
  const lines = (await readFile(join(session, 'trace.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as TraceStep);
}

async function complete(session: string): Promise<void> {
  let files: string[] = [];
  const look = async (): Promise<void> => {
    files = await readdir(session);
  };
  await until(() => {
    void look();
    return files.includes('metrics.json');
  });
}

describe('a recording relay', () => {
  it('announces the folder, writes a private folder for each call, and completes it before it closes', async () => {
    const relay = await start({ record: join(folder, 'calls') });
    expect(relay.said).toBe(`Calls are recorded in ${join(folder, 'calls')}.`);
    const call = await relay.call();
    await call.pass(500);
    await call.talk();
    await call.phone.hangUp();
    await call.session.closed;
    const session = await recorded(join(folder, 'calls'));
    await complete(session);

    expect((await readdir(session)).sort()).toEqual([
      'audio.wav',
      'config.json',
      'events.ndjson',
      'metrics.json',
      'trace.jsonl',
    ]);
    for (const path of [join(folder, 'calls'), session]) expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(session))
      expect((await stat(join(session, name))).mode & 0o777).toBe(0o600);

    const events = parseEventLog(await readFile(join(session, 'events.ndjson'), 'utf8'), 'events');
    expect(events).toEqual(relay.events);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(await readJson(join(session, 'metrics.json'))).toMatchObject({
      sessionId: call.session.id,
      state: 'ended',
      turns: [{ turn: 1, kind: 'unprompted' }],
    } satisfies Partial<Record<keyof SessionMetrics, unknown>>);

    const trace = await readTrace(session);
    expect(trace.map(({ step }) => step)).toEqual(trace.map((_, index) => index + 1));
    expect(trace.at(0)).toMatchObject({ atMs: 0, input: { type: 'connected' }, state: { phase: 'live' } });
    expect(trace.at(-1)).toMatchObject({
      input: { type: 'end', reason: 'hangup' },
      state: { phase: 'ended' },
      effects: expect.arrayContaining([{ type: 'end_session', reason: 'hangup' }]),
    });

    const bytes = await readFile(join(session, 'audio.wav'));
    const { caller, agent } = call.phone.recording();
    const left = readWav(bytes, { channel: 'left' });
    expect(left).toMatchObject({ channels: 2, sampleRateHz: 8000 });
    const end = Math.round((events.at(-1) as SessionEvent<'session.end'>).durationMs * 8);
    expect(left.samples.length).toBe(end);
    expect(left.samples).toEqual(caller.subarray(0, end));
    const right = readWav(bytes, { channel: 'right' }).samples;
    const said = right.findIndex((sample) => sample !== 0);
    expect(right.subarray(said, said + spokenTone.length)).toEqual(spokenTone);
    // The wire takes no time here, so the two differ by at most one 20 ms frame.
    expect(Math.abs(said - agent.findIndex((sample) => sample !== 0))).toBeLessThanOrEqual(160);
  });

  it('records nothing unless asked, starts with the next call, and stops at once', async () => {
    const relay = await start();
    const first = await relay.call();
    relay.relay.recording = folder;
    expect(relay.relay.recording).toBe(folder);
    const second = await relay.call();
    await second.talk();
    relay.relay.recording = null;
    expect(relay.said).toBe(`Calls are recorded in ${folder}.\nCalls are not recorded any more.`);
    await second.talk();
    await first.talk();
    const session = await recorded();
    expect(session).toContain(second.session.id);
    await complete(session);
    const events = parseEventLog(await readFile(join(session, 'events.ndjson'), 'utf8'), 'events');
    expect(events.filter(({ type }) => type === 'turn.end')).toHaveLength(1);
    const traced = (await readTrace(session)).flatMap(({ effects }) => effects);
    expect(traced.filter(({ type }) => type === 'start_turn')).toHaveLength(1);
    expect(readWav(await readFile(join(session, 'audio.wav'))).samples.length).toBeLessThanOrEqual(8 * 400);
  });

  it('writes audio that can be read during the call, and so after a crash', async () => {
    const relay = await start({ record: folder });
    const call = await relay.call();
    await call.talk();
    await call.pass(3000);
    const path = join(await recorded(), 'audio.wav');
    let bytes = Buffer.alloc(0);
    const look = async (): Promise<void> => {
      bytes = await readFile(path);
    };
    await until(() => {
      void look();
      return bytes.length > 44 + 4 * 8 * 1500;
    });
    const { samples } = readWav(bytes, { channel: 'left' });
    expect(samples).toEqual(call.phone.recording().caller.subarray(0, samples.length));
  });

  it('reports once that it cannot write to the folder, and the calls go on', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const relay = await start({});
    relay.relay.recording = file;
    const calls = [await relay.call(), await relay.call()];
    await until(() => relay.notices.length > 1);
    for (const call of calls) await call.talk();
    expect(relay.notices.map(({ level }) => level)).toEqual(['info', 'error']);
    expect(relay.notices[1]?.message).toMatch(
      /^Recording of session [0-9a-f]{8} has stopped: .*ENOTDIR.*\. The call goes on/,
    );
  });

  it('does not begin in a folder that cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const [path, problem] of [
      [file, 'is a file'],
      [join(file, 'calls'), 'cannot be written: '],
    ] as const)
      await expect(start({ record: path })).rejects.toThrow(`The folder for recordings, ${path}, ${problem}`);
  });

  it('writes no secret to config.json', async () => {
    const secret = 'sk-a-secret-key';
    const own = { ...lightSession(), agent: { systemPrompt: 'Be brief.', greeting: '' } };
    const relay = await start({
      record: folder,
      session: {
        ...own,
        stt: [
          own.stt!,
          { provider: 'deepgram', apiKey: secret, baseUrl: `https://user:${secret}@example.com` },
        ] as never,
        llm: { provider: 'openai', apiKey: secret, model: 'gpt-4.1-mini', parameters: { user: secret } },
      },
    });
    await relay.call();
    const session = await recorded();
    let text = '';
    const look = async (): Promise<void> => {
      text = await readFile(join(session, 'config.json'), 'utf8').catch(() => '');
    };
    await until(() => {
      void look();
      return text.endsWith('}\n');
    });
    expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({
      inbound: { type: 'twilio' },
      stt: [{ own: 'keeping' }, { provider: 'deepgram' }],
      llm: [{ provider: 'openai', model: 'gpt-4.1-mini' }],
      tts: [{ own: 'tone' }],
      agent: { systemPrompt: 'Be brief.', tools: [] },
      limits: { maxDurationMs: 3_600_000 },
    });
  });
});

it.each(['', 7, null])('record: %j is a config error that says what to give', (record) => {
  expect(() => resolveRelayOptions({ record: record as never }, {})).toThrow(
    /record: is .* Give the path of a folder/,
  );
});
