import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import nodeDatachannel from 'node-datachannel';
import { audibleEnd, audibleStart } from '../audio/silence.js';
import { readWav, writeWav } from '../audio/wav.js';
import { AudioFileError } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { until } from '../../test/harness/light-relay.js';
import { earFor } from '../../test/harness/ear-for.js';
import { fixturesFor } from '../../test/harness/recordings.js';
import { isThorough } from '../../test/harness/thorough.js';
import { TestVoices, VirtualRelay } from '../drills/virtual-call.js';
import type { SessionConfig } from '../relay/config/config.js';
import type { TransportType } from '../transport/transport.js';
import { compareRuns, parseEventLog } from './golden.js';
import { callerRatesHz, type ReplayResult } from './replay-call.js';
import { isSessionFolder, readRecordedCaller } from './session-folder.js';

jest.setTimeout(120_000);

const agent = {
  systemPrompt: 'You run an appointment desk.',
  greeting: 'Hello, this is the appointment desk. How can I help you?',
};
const voices = new TestVoices();
let relay: VirtualRelay | null = null;
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-session-'));
});
afterEach(async () => {
  await relay?.close();
  expect(relay?.clock.pendingTimers ?? 0).toBe(0);
  relay = null;
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await voices.close();
  nodeDatachannel.cleanup();
});

/** Holds a call that is recorded; resolves once its folder is complete. */
async function record(
  via: TransportType,
  names: readonly string[],
  bargeInMs: number | null,
  session: Partial<SessionConfig> = { agent },
): Promise<{ readonly path: string; readonly result: ReplayResult }> {
  relay = await VirtualRelay.start(voices, session, { record: folder });
  const recordings = await fixturesFor(via, ...names);
  const result = await relay.run(relay.call({ via, recordings, behaviour: { bargeInMs } }));
  const [name = ''] = await readdir(folder);
  const path = join(folder, name);
  let files: string[] = [];
  const look = async (): Promise<void> => {
    files = await readdir(path);
  };
  await until(() => {
    void look();
    return files.includes('metrics.json');
  });
  return { path, result };
}

describe.each<[TransportType, TransportType]>([
  ['twilio', 'webrtc'],
  ['webrtc', 'twilio'],
])('a session that was recorded over %s', (via, other) => {
  const said = isThorough ? ['book-my-appointment', 'stop-and-cancel'] : ['stop-and-cancel'];
  const ways = isThorough ? [via, other] : [other];

  // A run that does not cover everything replays one of them, from the browser over the phone.
  const itReplays = isThorough || via === 'webrtc' ? it : null;
  itReplays?.(`is replayed over ${ways.join(' and over ')} as it went, interruption and all`, async () => {
    const { path, result } = await record(via, said, 1500);
    expect(result.events.map(({ type }) => type)).toContain('agent.interrupted');
    expect(await isSessionFolder(path)).toBe(true);
    relay!.relay.recording = null;
    for (const again of ways) {
      const { recording, hungUp, inaudible } = await readRecordedCaller(path, callerRatesHz[again]);
      expect({ hungUp, inaudible }).toEqual({ hungUp: true, inaudible: { digits: 0, typedTurns: 0 } });
      const replayed = await relay!.run(
        relay!.call({ via: again, recordings: [recording], wholeCall: { hungUp } }),
      );
      expect(replayed.turns).toEqual([{ name: recording.name, said: true, answered: true }]);
      const { equal, diff } = compareRuns(result.events, replayed.events);
      expect({ equal, diff: diff.filter(({ side }) => side !== 'both') }).toEqual({ equal: true, diff: [] });
    }
  });

  it('has the answer as far behind the caller’s words as the session measured, and a golden log', async () => {
    const { path, result } = await record(via, ['when-is-my-appointment'], null, {
      agent: { systemPrompt: agent.systemPrompt },
      stt: earFor('when-is-my-appointment'),
    });
    const log = join(path, 'events.ndjson');
    expect(parseEventLog(await readFile(log, 'utf8'), log)).toEqual(result.events);
    const bytes = await readFile(join(path, 'audio.wav'));
    const left = readWav(bytes, { channel: 'left' });
    const right = readWav(bytes, { channel: 'right' });
    const turn = result.events.find(
      (event): event is SessionEvent<'turn.end'> => event.type === 'turn.end' && event.turn === 1,
    )!;
    const rate = left.sampleRateHz;
    const mouth = audibleEnd(left.samples, rate);
    const ear = mouth + audibleStart(right.samples.subarray(mouth), rate);
    const measuredMs = turn.latency.mouth_to_ear_ms!;
    expect(Math.abs(((ear - mouth) / rate) * 1000 - measuredMs)).toBeLessThan(60);
  });
});

describe('a session’s folder', () => {
  async function write(events: string, seconds = 1): Promise<string> {
    const sound = new Int16Array(8000 * seconds).fill(1000);
    await writeFile(join(folder, 'audio.wav'), writeWav({ channels: [sound, sound], sampleRateHz: 8000 }));
    await writeFile(join(folder, 'events.ndjson'), events);
    return folder;
  }
  const line = (fields: object): string =>
    `${JSON.stringify({ sessionId: 'a3f9b2c1', turn: 1, atMs: 1, ...fields })}\n`;

  it('is one that holds both events and audio', async () => {
    expect(await isSessionFolder(folder)).toBe(false);
    expect(await isSessionFolder(join(folder, 'nothing'))).toBe(false);
    expect(await isSessionFolder(await write(''))).toBe(true);
    await rm(join(folder, 'events.ndjson'));
    expect(await isSessionFolder(folder)).toBe(false);
  });

  it('tells who ended the call, and what the caller did that cannot be heard', async () => {
    const events = [
      line({ type: 'dtmf', digit: '1' }),
      line({ type: 'transcript.final', text: 'hi', typed: true }),
      line({ type: 'session.end', reason: 'completed', durationMs: 1000 }),
    ];
    expect(await readRecordedCaller(await write(events.join('')), 16_000)).toMatchObject({
      recording: { samples: { length: 16_000 }, sampleRateHz: 16_000 },
      hungUp: false,
      inaudible: { digits: 1, typedTurns: 1 },
    });
  });

  it('can be read after a crash in the middle of a line', async () => {
    const path = await write(`${line({ type: 'dtmf', digit: '1' })}{"type":"dt`);
    const { inaudible, hungUp } = await readRecordedCaller(path, 8000);
    expect({ inaudible, hungUp }).toEqual({ inaudible: { digits: 1, typedTurns: 0 }, hungUp: true });
  });

  it('without audio is refused with the file’s name', async () => {
    const path = await write('');
    await truncate(join(path, 'audio.wav'), 0);
    const reading = readRecordedCaller(path, 8000);
    await expect(reading).rejects.toThrow(AudioFileError);
    await expect(reading).rejects.toThrow(/audio\.wav: The file is empty/);
  });

  it('whose events are none is refused with the file’s name', async () => {
    await expect(readRecordedCaller(await write('hello\n'), 8000)).rejects.toThrow(/events\.ndjson: line 1/);
  });
});
