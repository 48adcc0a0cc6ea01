import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { encodeMulaw } from '../audio/g711.js';
import { systemClock } from '../core/clock.js';
import { appointmentDesk } from '../providers/local/llm/appointment-desk.js';
import { compareRuns } from '../replay/golden.js';
import { replayCall, type ReplayResult } from '../replay/replay-call.js';
import { localSpeechToText } from '../providers/local/stt/local-speech-to-text.js';
import { DeepgramSimulator } from '../simulators/deepgram/deepgram-simulator.js';
import { hearingOf } from '../simulators/deepgram/recognised-hearing.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '../simulators/elevenlabs/elevenlabs-simulator.js';
import { answersOf } from '../simulators/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../simulators/openai/openai-simulator.js';
import { fixturesFor } from '../../test/harness/recordings.js';
import type { TransportType } from '../transport/transport.js';

// Each example is a process of its own that loads the vendors' SDKs, and the call takes its time.
jest.setTimeout(180_000);

const examples = new URL('../../examples/', import.meta.url);
const keys = { DG: 'deepgram-key', OAI: 'openai-key', EL: 'elevenlabs-key' };
const ear = localSpeechToText();
const hearing = new AbortController();
let deepgram: DeepgramSimulator;
let openai: OpenAiSimulator;
let elevenlabs: ElevenLabsSimulator;
let running: ChildProcess | null = null;

beforeAll(async () => {
  await ear.warmUp();
  // The simulators answer on the vendors' wires; what was said is recognised, and answered, by the embedded providers.
  deepgram = await DeepgramSimulator.start({ hearing: hearingOf(ear, hearing.signal), apiKey: keys.DG });
  openai = await startOpenAiSimulator({ answers: answersOf(appointmentDesk()), apiKey: keys.OAI });
  elevenlabs = await startElevenLabsSimulator({ apiKey: keys.EL });
});

afterEach(() => {
  running?.kill('SIGKILL');
  running = null;
});

afterAll(async () => {
  hearing.abort();
  await Promise.all([deepgram.close(), openai.close(), elevenlabs.close(), ear.close()]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface SampleRun {
  readonly result: ReplayResult;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a sample as it stands, calls it, and waits for its end. */
async function run(name: string, via: TransportType): Promise<SampleRun> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, examples))], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HZRELAY_PORT: new URL(url).port,
      DEEPGRAM_BASE_URL: deepgram.baseUrl,
      OPENAI_BASE_URL: openai.baseUrl,
      ELEVENLABS_BASE_URL: elevenlabs.baseUrl,
      ...keys,
    },
  });
  running = child;
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  const ended = once(child, 'close') as Promise<[number | null]>;
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) break;
  }
  const result = await replayCall({
    url,
    via,
    events: { token: undefined },
    clock: systemClock,
    recordings: await fixturesFor(via, 'book-my-appointment', 'reschedule-for-friday'),
  });
  const [code] = await ended;
  return { result, code, ...written };
}

describe('the samples with cloud providers, as written', () => {
  const runs = new Map<TransportType, SampleRun>();

  it.each([
    ['cloud-phone-session.mjs', 'twilio'],
    ['cloud-web-session.mjs', 'webrtc'],
  ] as const)('%s holds a call through the vendors’ SDKs and ends by itself', async (name, via) => {
    const sample = await run(name, via);
    runs.set(via, sample);
    const { result, code, stdout, stderr } = sample;
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'book my appointment\nreschedule for friday\n',
      stderr: '',
    });
    expect(result.events[0]).toMatchObject({
      type: 'session.start',
      transport: via,
      providers: { stt: 'deepgram', llm: 'openai', tts: 'elevenlabs' },
    });
    const turns = result.events.flatMap((event) => (event.type === 'turn.end' ? event : []));
    expect(turns.map(({ heardText }) => heardText)).toEqual(['Which day suits you?', 'What time on Friday?']);
    expect(turns.map(({ latency }) => latency.ear)).toEqual(['measured', 'measured']);
    expect(result.turns.every(({ answered }) => answered)).toBe(true);
  });

  it('give the same lanes over phone and browser', () => {
    const [phone, web] = [runs.get('twilio'), runs.get('webrtc')];
    expect(compareRuns(phone!.result.events, web!.result.events)).toMatchObject({ equal: true });
  });

  it('send a phone’s mulaw to the recogniser as it came, byte for byte', () => {
    const [phone, web] = deepgram.connections;
    expect([phone?.query.format.encoding, web?.query.format.encoding]).toEqual(['mulaw', 'linear16']);
    const said = Buffer.from(encodeMulaw(runs.get('twilio')!.result.recording!.caller));
    const received = phone!.audio;
    expect(received.length).toBeGreaterThan(8 * 5000);
    expect(said.includes(received.subarray(0, 8 * 5000))).toBe(true);
  });

  it('keep to the vendors’ protocols, and show no key', () => {
    expect([...deepgram.violations, ...openai.problems, ...elevenlabs.problems]).toEqual([]);
    const shown = JSON.stringify([...runs.values()]);
    for (const key of Object.values(keys)) expect(shown).not.toContain(key);
  });
});
