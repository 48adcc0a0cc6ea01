import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock as clock } from '../../clock.js';
import { ConfigError } from '../../errors.js';
import { startTwilioRestSimulator, type TwilioRestSimulator } from '../../testing/twilio-rest-simulator.js';
import { exitCodes, UsageError } from '../exit.js';
import { CallOutput } from './call-output.js';
import { phoneCall, type CallSurroundings, type PhoneCallOptions } from './phone-call.js';

const to = '+15550100001';
const from = '+15550100002';
const publicUrl = 'https://relay.example';
const signal = new AbortController().signal;

let simulator: TwilioRestSimulator;
let env: Record<string, string>;
beforeEach(async () => {
  simulator = await startTwilioRestSimulator();
  env = { ...simulator.env, TWILIO_PHONE_NUMBER: from, HZRELAY_PORT: '1' };
});
afterEach(() => simulator.close());

function place(
  options: Partial<PhoneCallOptions>,
  surroundings: Partial<CallSurroundings> = {},
  number = to,
): Promise<number> {
  const output = new CallOutput({ quiet: true });
  return phoneCall(
    number,
    { maxDuration: 60, publicUrl, ...options },
    { env, clock, output, terminal: null, ...surroundings },
    signal,
  );
}

describe('before anything costs money', () => {
  it.each<[string, Partial<PhoneCallOptions>, Record<string, string>, RegExp]>([
    ['nobody is there to be asked', {}, {}, /A call costs money, and there is nobody to ask: add --yes/],
    ['it is not known who calls', {}, { TWILIO_PHONE_NUMBER: '' }, /set TWILIO_PHONE_NUMBER/],
    ['who calls is no number', { from: '555' }, {}, /^--from '555' is no phone number/],
    [
      'the number of the environment is none',
      {},
      { TWILIO_PHONE_NUMBER: '555' },
      /^TWILIO_PHONE_NUMBER '555'/,
    ],
    ['a number would call itself', { from: to }, {}, /would call itself/],
    [
      'the recording cannot be written',
      { record: '/nowhere/call.wav' },
      {},
      /^--record \/nowhere\/call\.wav cannot/,
    ],
    ['there is no such agent', { agent: 'nothing.ts' }, {}, /There is no file nothing\.ts/],
  ])('a call is refused where %s', async (_what, options, change, words) => {
    Object.assign(env, change);
    const thrown: unknown = await place(options).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(UsageError);
    expect((thrown as UsageError).message).toMatch(words);
    expect(simulator.requests).toEqual([]);
  });

  it('a call is refused without an account', async () => {
    env = { TWILIO_PHONE_NUMBER: from };
    await expect(place({ yes: true })).rejects.toThrow(ConfigError);
  });

  it('a person is asked, and a no is respected', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.write('n\n');
    expect(await place({}, { terminal: { input, output } })).toBe(exitCodes.failed);
    expect(String(output.read())).toContain(`Call ${to} from ${from}? Twilio bills it. [y/N]`);
    expect(simulator.requests).toEqual([]);
  });

  it('a dry run says what would be done, and does none of it', async () => {
    expect(await place({ dryRun: true })).toBe(exitCodes.ok);
    expect(simulator.requests).toEqual([]);
  });
});
