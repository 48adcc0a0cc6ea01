import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { DeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';
import type { CheckResult } from './check.js';

jest.setTimeout(180_000);

const keys = {
  DEEPGRAM_API_KEY: 'dg-right-key',
  OPENAI_API_KEY: 'sk-right-key',
  ELEVENLABS_API_KEY: 'el-right-key',
};
// Whatever listens on the usual port of this machine has nothing to do with the test.
const local = { HZRELAY_PORT: '0' };
const names = [
  ...['node', 'opus', 'webrtc', 'speech', 'port', 'page'],
  ...['deepgram', 'openai', 'elevenlabs', 'vendors', 'twilio', 'ngrok'],
];

let deepgram: DeepgramSimulator;
let openai: OpenAiSimulator;
let elevenlabs: ElevenLabsSimulator;
let twilio: TwilioRestSimulator;
let services: Record<string, string>;

beforeAll(async () => {
  deepgram = await DeepgramSimulator.start({ apiKey: keys.DEEPGRAM_API_KEY });
  openai = await startOpenAiSimulator({ apiKey: keys.OPENAI_API_KEY });
  elevenlabs = await startElevenLabsSimulator({ apiKey: keys.ELEVENLABS_API_KEY });
  twilio = await startTwilioRestSimulator();
  services = {
    ...twilio.env,
    TWILIO_PHONE_NUMBER: '+15550100002',
    DEEPGRAM_BASE_URL: deepgram.baseUrl,
    OPENAI_BASE_URL: openai.baseUrl,
    ELEVENLABS_BASE_URL: elevenlabs.baseUrl,
  };
});
afterEach(() => CliProcess.killAll());
afterAll(() => Promise.all([deepgram.close(), openai.close(), elevenlabs.close(), twilio.close()]));

describe('hzrelay doctor', () => {
  it('finds a machine without keys in order, and says what keys there are to get', async () => {
    const { code, stdout, stderr } = await CliProcess.run(['doctor'], local);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const found = [...stdout.matchAll(/^(ok|note|problem) +(\S+) /gm)].map(([, , name]) => name);
    expect(found.sort()).toEqual([...names].sort());
    expect(stdout).toMatch(/^ok +speech +The embedded voice said/m);
    expect(stdout).toMatch(/^note +deepgram +DEEPGRAM_API_KEY is not set.*\n +Get a key at https:/m);
    expect(stdout).toMatch(/^note +vendors +Not set up: .*groq \(GROQ_API_KEY\)/m);
    expect(stdout).toMatch(/\n\nEverything that is configured works\.\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('finds keys that work, as one JSON object', async () => {
    const { code, stdout, stderr } = await CliProcess.run(['doctor', '--json'], {
      ...local,
      ...services,
      ...keys,
    });
    const report = JSON.parse(stdout) as { checks: CheckResult[]; ok: boolean };
    expect({ code, stderr, ok: report.ok }).toEqual({ code: 0, stderr: '', ok: true });
    expect(report.checks.map(({ name }) => name)).toEqual(names);
    const statuses = report.checks.map(({ status }) => status);
    expect(statuses).toEqual(names.map((name) => (['vendors', 'ngrok'].includes(name) ? 'note' : 'ok')));
    for (const secret of [...Object.values(keys), twilio.authToken]) expect(stdout).not.toContain(secret);
  });

  it('finds what does not work, and ends with 1', async () => {
    const wrong = Object.fromEntries(Object.keys(keys).map((name) => [name, 'a-wrong-key']));
    const { code, stdout, stderr } = await CliProcess.run(['doctor'], {
      ...local,
      ...services,
      ...wrong,
      TWILIO_AUTH_TOKEN: 'a-wrong-token',
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    for (const name of ['deepgram', 'openai', 'elevenlabs', 'twilio'])
      expect(stdout).toMatch(new RegExp(`^problem +${name} `, 'm'));
    expect(stdout).toMatch(/\n\nThere are 4 problems\.\n$/);
    expect(stdout).not.toContain('a-wrong-');
  });

  it('stops on Ctrl-C', async () => {
    const doctor = CliProcess.start(['doctor'], local);
    await doctor.until('stdout', /^ok +node/m);
    doctor.signal('SIGINT');
    const { code, stdout } = await doctor.ended;
    expect(code).toBe(130);
    expect(stdout).not.toMatch(/Everything|problem/);
  });

  it('takes no arguments, and explains itself', async () => {
    expect(await CliProcess.run(['doctor', '--jsn'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean --json?'),
    });
    const { code, stdout } = await CliProcess.run(['doctor', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});
