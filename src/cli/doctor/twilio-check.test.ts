import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';
import type { Finding } from './check.js';
import { twilioCheck } from './twilio-check.js';

const number = '+15550100002';
let simulator: TwilioRestSimulator | null = null;

afterEach(async () => {
  await simulator?.close();
  simulator = null;
});

function check(env: Readonly<Record<string, string>>): Promise<Finding> {
  return twilioCheck(env).run(new AbortController().signal);
}

/** Asks a simulated Twilio, through its own package. */
async function ask(
  env: Readonly<Record<string, string>> = {},
  options: TwilioRestSimulatorOptions = {},
): Promise<Finding> {
  simulator = await startTwilioRestSimulator(options);
  return check({ ...simulator.env, TWILIO_PHONE_NUMBER: number, ...env });
}

describe('the check of Twilio', () => {
  it('passes with an account and one of its numbers that takes calls', async () => {
    expect(await ask()).toEqual({
      status: 'ok',
      message: 'Twilio accepts the credentials, and +15550100002 takes calls.',
    });
    expect(simulator?.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('says what a trial account may not', async () => {
    expect((await ask({}, { type: 'Trial' })).message).toContain('verified numbers only');
  });

  it('without Twilio says how to get it', async () => {
    expect(await check({})).toMatchObject({
      status: 'note',
      remedy: expect.stringContaining('console.twilio.com'),
    });
    expect(await check({ TWILIO_AUTH_TOKEN: 'x' })).toMatchObject({
      status: 'note',
      message: expect.stringContaining('signatures'),
    });
  });

  it('with an account and no number says that there is no number to call', async () => {
    expect(await ask({ TWILIO_PHONE_NUMBER: '' })).toMatchObject({
      status: 'note',
      message: expect.stringContaining('TWILIO_PHONE_NUMBER is not set'),
    });
  });

  it('tells of wrong credentials without repeating them', async () => {
    const found = await ask({ TWILIO_AUTH_TOKEN: 'wrong-auth-token' });
    expect(found).toMatchObject({ status: 'problem', remedy: expect.stringContaining('TWILIO_AUTH_TOKEN') });
    expect(JSON.stringify(found)).not.toContain('wrong-auth-token');
  });

  it('reports a number of another account', async () => {
    expect(await ask({ TWILIO_PHONE_NUMBER: '+15550109999' })).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('not a number of this account'),
    });
  });

  it('reports a number that takes only messages', async () => {
    const found = await ask({}, { numbers: [{ phoneNumber: number, voice: false }] });
    expect(found).toMatchObject({ status: 'problem', message: expect.stringContaining('only messages') });
  });

  it('reports a number whose calls go elsewhere', async () => {
    const found = await ask({}, { numbers: [{ phoneNumber: number, trunkSid: `TK${'0'.repeat(32)}` }] });
    expect(found).toMatchObject({ status: 'note', message: expect.stringContaining('SIP trunk') });
  });

  it.each<[Record<string, string>, string]>([
    [{ TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'x' }, 'TWILIO_ACCOUNT_SID is not an account SID'],
    [{ TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}` }, 'TWILIO_AUTH_TOKEN is not set'],
    [{ TWILIO_PHONE_NUMBER: number }, 'TWILIO_ACCOUNT_SID is not set'],
    [{ TWILIO_PHONE_NUMBER: '555-0100' }, "'555-0100', which is not a phone number"],
  ])('tells what is wrong with %j', async (env, message) => {
    const found = await check(env);
    expect(found).toMatchObject({ status: 'problem', message: expect.stringContaining(message) });
    expect(found.remedy).toBeDefined();
  });

  it('tells of a Twilio that cannot be reached', async () => {
    const gone = await startTwilioRestSimulator();
    await gone.close();
    expect(await check(gone.env)).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining('TWILIO_BASE_URL'),
    });
  });
});
