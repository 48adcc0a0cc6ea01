import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock as clock } from '../../core/clock.js';
import { ConfigError } from '../../core/errors.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';
import type { TwilioRestFault } from '../../simulators/twilio-rest/twilio-rest-error.js';
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
    [
      'there is no terminal to confirm on',
      {},
      {},
      /A call costs money, and there is no terminal to confirm it on: add --yes/,
    ],
    ['it is not known who calls', {}, { TWILIO_PHONE_NUMBER: '' }, /set TWILIO_PHONE_NUMBER/],
    ['who calls is no number', { from: '555' }, {}, /^--from '555' is not a phone number/],
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

  describe('a dry run', () => {
    let printed = '';
    beforeEach(() => {
      printed = '';
      jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
        printed += String(text);
        return true;
      });
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('checks the credentials at Twilio, and prints the plan without carrying it out', async () => {
      expect(await place({ dryRun: true })).toBe(exitCodes.ok);
      expect(printed).toMatch(
        /^Twilio accepts the credentials, and \+15550100002 is a number of the account\.\nWould ask/,
      );
      expect(new Set(simulator.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
      expect(simulator.calls).toEqual([]);
    });

    it.each([
      ['SID', { TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}` }],
      ['token', { TWILIO_AUTH_TOKEN: 'another' }],
    ])('fails with a wrong %s', async (_what, wrong) => {
      Object.assign(env, wrong);
      await expect(place({ dryRun: true })).rejects.toThrow(/credentials were refused.*TWILIO_ACCOUNT_SID/);
      expect(printed).toBe('');
    });

    it('says of a number that is not the account’s what that means', async () => {
      expect(await place({ dryRun: true, from: '+15550100009' })).toBe(exitCodes.ok);
      expect(printed).toMatch(
        /\+15550100009 is not a number of the account: it can call only if it is verified there/,
      );
    });

    it.each<[string, TwilioRestFault[]]>([
      ['resets the connection', [{ fault: 'reset' }, { fault: 'reset' }]],
      [
        'fails',
        [
          { fault: 'html', status: 502 },
          { fault: 'html', status: 502 },
        ],
      ],
    ])('says that nothing was checked, and why, where Twilio %s', async (_what, faults) => {
      simulator.failNext(...faults);
      expect(await place({ dryRun: true })).toBe(exitCodes.ok);
      expect(printed).toMatch(/^The credentials were not checked: .+\nWould ask/);
    });
  });
});
