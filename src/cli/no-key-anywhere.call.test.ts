/**
 * Whatever the command line prints, serves or records is searched for the keys that it was given: right ones, wrong ones, and
 * ones that the vendors' own error messages quote.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CliProcess, type CliEnd } from '../../test/harness/cli-process.js';
import { drawn } from '../../test/harness/thorough.js';
import { hearingInTurn } from '../simulators/simulated-hearing.js';
import { simulatedKeys } from '../simulators/simulated-keys.js';
import { startSimulatedVendors, type SimulatedVendors } from '../simulators/simulated-vendors.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

type Keys = Readonly<Record<keyof typeof simulatedKeys, string>>;

const wrongKeys: Keys = {
  deepgram: 'dg-mistaken-6ab17de09c52f348',
  openai: 'sk-mistaken-03c8f5e7b1946da2',
  elevenlabs: 'el-mistaken-e4970b2d8f61a35c',
  twilio: 'tw-mistaken-51fd8a36c70eb924',
};
const question = fileURLToPath(new URL('../../fixtures/audio/friday.wav', import.meta.url));
const phoneNumber = '+15550100002';

let vendors: SimulatedVendors;
let twilio: TwilioRestSimulator;
let folder: string;

beforeAll(async () => {
  const { deepgram: key } = simulatedKeys;
  vendors = await startSimulatedVendors({
    deepgram: {
      hearing: hearingInTurn(() => 'book for friday'),
      faults: [{ type: 'status', status: 500, body: `The server has failed for ${key}.` }],
    },
    openai: { answers: () => 'Yes, of course.' },
  });
  twilio = await startTwilioRestSimulator();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-keys-'));
});
afterEach(async () => {
  await CliProcess.killAll();
  await rm(folder, { recursive: true });
});
afterAll(() => Promise.all([vendors.close(), twilio.close()]));

/** What a person with these keys has in the environment. */
function environment(keys: Keys): Record<string, string> {
  return {
    HOME: folder,
    HZRELAY_PORT: '0',
    DEEPGRAM_API_KEY: keys.deepgram,
    DEEPGRAM_BASE_URL: vendors.deepgram.baseUrl,
    OPENAI_API_KEY: keys.openai,
    OPENAI_BASE_URL: vendors.openai.baseUrl,
    ELEVENLABS_API_KEY: keys.elevenlabs,
    ELEVENLABS_BASE_URL: vendors.elevenlabs.baseUrl,
    ...twilio.env,
    TWILIO_AUTH_TOKEN: keys.twilio,
    TWILIO_PHONE_NUMBER: phoneNumber,
  };
}

/** Which keys a text gives away: the greater part of one is enough, and so is the header that carries Twilio's. */
function keysIn(text: string): string[] {
  return Object.entries({ right: simulatedKeys, wrong: wrongKeys }).flatMap(([kind, keys]) =>
    Object.entries(keys)
      .filter(([vendor, key]) => {
        const basic = Buffer.from(`${twilio.accountSid}:${key}`).toString('base64');
        return text.includes(key.slice(-16, -4)) || (vendor === 'twilio' && text.includes(basic));
      })
      .map(([vendor]) => `${kind} ${vendor}`),
  );
}

/** Names every text with a key in it, and the keys. */
function leaksOf(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts).flatMap(([source, text]) => keysIn(text).map((key) => `${source}: ${key}`));
}

function written(name: string, { stdout, stderr }: CliEnd): Record<string, string> {
  return { [`${name} stdout`]: stdout, [`${name} stderr`]: stderr };
}

/** All files below a folder, sound included, byte by byte. */
async function filesIn(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)),
  );
}

async function textAt(url: string, path: string): Promise<string> {
  const response = await fetch(new URL(path, url));
  expect(response.status).toBe(200);
  return response.text();
}

/** Listens to a relay's events until it ends. */
async function eventsAt(url: string): Promise<{ readonly all: Promise<string> }> {
  const response = await fetch(new URL('/events', url));
  return { all: response.text() };
}

describe('no key is found', () => {
  it('in what a relay prints, serves and records, although the vendors quote keys in their errors', async () => {
    const env = environment(simulatedKeys);
    const calls = join(folder, 'calls');
    const args = ['--port', '0', '--record', calls, '--json', '-v', '--log', join(folder, 'dev.log')];
    const dev = CliProcess.start(['dev', ...args], env);
    const [, url = ''] = await dev.until('stderr', /is ready on (http:\S+)/);
    const events = await eventsAt(url);

    const { openai, elevenlabs } = simulatedKeys;
    vendors.openai.failNext({ fault: 'status', status: 500, message: `No quota is left for ${openai}.` });
    // The greeting's connection breaks, and the next one is refused.
    vendors.elevenlabs.failNext(
      { fault: 'drop', afterPieces: 1 },
      { fault: 'refuse', status: 500, message: `Too much was asked with ${elevenlabs}.` },
    );
    const logs = CliProcess.start(['logs', '--url', url, '--tail', '1000'], env);
    const replay = (via: string): Promise<CliEnd> =>
      CliProcess.run(['replay', question, '--url', url, '--via', via, '--barge-in', '800', '-v'], env);
    const transports = drawn(['twilio', 'webrtc'], 1);
    const [doctor, ...callers] = await Promise.all([
      CliProcess.run(['doctor', '--json'], env),
      ...transports.map(replay),
    ]);
    const served = {
      '/sessions': await textAt(url, '/sessions'),
      '/metrics': await textAt(url, '/metrics'),
      '/healthz': await textAt(url, '/healthz'),
    };
    logs.signal('SIGINT');
    dev.signal('SIGINT');
    const [ended, watched] = await Promise.all([dev.ended, logs.ended]);
    const files = await filesIn(folder);
    const texts = {
      ...served,
      ...files,
      '/events': await events.all,
      ...written('dev', ended),
      ...written('logs', watched),
      ...Object.fromEntries(
        callers.flatMap((end, index) => Object.entries(written(transports[index]!, end))),
      ),
      ...written('doctor', doctor),
    };
    expect(leaksOf(texts)).toEqual([]);

    expect(doctor).toMatchObject({ code: 0 });
    // A call that lost its greeting says so; which one meets both faults depends on who asks first.
    const lostGreeting = /^error: in turn 0: .* asked with \[key\]\.\n$/;
    const unexplained = callers.filter(({ code, stderr }) => code !== 0 && !lostGreeting.test(stderr));
    expect(unexplained).toEqual([]);
    expect(vendors.problems).toEqual([]);
    for (const text of [ended.stdout, texts['/events'], files[join(folder, 'dev.log')], watched.stdout])
      for (const said of ['has failed for [key]', 'is left for [key]', 'asked with [key]'])
        expect(text).toContain(said);
    const names = Object.keys(files).map((file) => basename(file));
    for (const name of ['audio.wav', 'config.json', 'events.ndjson', 'metrics.json', 'trace.jsonl'])
      expect(names.filter((one) => one === name)).toHaveLength(transports.length);
  });

  it('in what the commands say of wrong keys', async () => {
    const env = environment(wrongKeys);
    const commands: Record<string, readonly string[]> = {
      dev: ['dev', '--json', '-v'],
      doctor: ['doctor', '--json'],
      call: ['call', '+15550100001', '--yes', '--public-url', 'https://relay.example.com'],
    };
    const ends = await Promise.all(
      Object.entries(commands).map(async ([name, args]) => [name, await CliProcess.run(args, env)] as const),
    );
    const texts = Object.assign({}, ...ends.map(([name, end]) => written(name, end))) as Record<
      string,
      string
    >;
    expect(leaksOf({ ...texts, ...(await filesIn(folder)) })).toEqual([]);
    expect(ends.map(([name, { code }]) => [name, code])).toEqual([
      ['dev', 1],
      ['doctor', 1],
      ['call', 1],
    ]);
    // They were sent, and the answers quoted them: a search that finds nothing here would find nothing anywhere.
    expect(keysIn(vendors.problems.join())).toEqual(['wrong openai']);
  });

  it('in what a drill says of a refused one', async () => {
    const drill = ['replay', question, '--drill', 'llm-unauthorised', '--json'];
    const end = await CliProcess.run(drill, environment(wrongKeys));
    expect(leaksOf(written('drill', end))).toEqual([]);
    expect(end).toMatchObject({ code: 0, stdout: expect.stringContaining('"passed":true') });
  });
});
