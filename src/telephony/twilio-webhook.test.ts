import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock as clock } from '../core/clock.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../simulators/twilio-rest/twilio-rest-simulator.js';
import { openTwilioAccount, twilioCredentials, type TwilioAccount } from './twilio-account.js';
import { pointWebhook, restoreLeftWebhooks, type WebhookHold } from './twilio-webhook.js';
import { webhookFile, type WebhookRecord } from './webhook-record.js';

const number = '+15550100002';
const former = 'https://studio.example/answer';
const first = 'https://one.ngrok.example/twilio/voice';
const second = 'https://two.ngrok.example/twilio/voice';

/** The id of a process that has ended. */
const deadPid = spawnSync(process.execPath, ['-e', '']).pid;

let folder: string;
let simulator: TwilioRestSimulator;
let account: TwilioAccount;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-state-'));
  simulator = await startTwilioRestSimulator({
    numbers: [{ phoneNumber: number, voiceUrl: former, voiceMethod: 'GET' }],
  });
  account = await openTwilioAccount(twilioCredentials(simulator.env), { timeoutMs: 3000 });
});
afterEach(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

const point = (voiceUrl: string): Promise<WebhookHold> =>
  pointWebhook({ account, number, voiceUrl, clock, folder });
const file = (): string => webhookFile(folder, simulator.accountSid, number);
const recorded = async (): Promise<WebhookRecord> =>
  JSON.parse(await readFile(file(), 'utf8')) as WebhookRecord;
const present = (): string => simulator.numbers[0]!.voiceUrl;

/** Makes the record look as if its process had been killed. */
async function crash(): Promise<void> {
  const record = await recorded();
  const holders = record.holders.map((holder) => ({ ...holder, pid: deadPid }));
  await writeFile(file(), JSON.stringify({ ...record, holders }));
}

describe('a number that is pointed at a relay', () => {
  it('calls the relay, and gets its former settings back, application included', async () => {
    Object.assign(simulator.numbers[0]!, { voiceApplicationSid: 'AP0123' });
    const hold = await point(first);
    expect(hold.formerUrl).toBe(former);
    expect(simulator.numbers[0]).toMatchObject({
      voiceUrl: first,
      voiceMethod: 'POST',
      voiceApplicationSid: '',
    });
    expect(await hold.restore()).toEqual({ kind: 'restored', number, voiceUrl: former });
    expect(simulator.numbers[0]).toMatchObject({
      voiceUrl: former,
      voiceMethod: 'GET',
      voiceApplicationSid: 'AP0123',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('has its former value in a private file before it is changed, without a secret', async () => {
    simulator.failNext({ fault: 'error', status: 500, code: 20500, message: 'Internal' });
    await expect(point(first)).rejects.toThrow('look +15550100002 up');
    expect(await readdir(folder)).toEqual([]);

    const { authToken } = simulator;
    const pointing = point(first);
    await simulator.when(() => simulator.requests.at(-1)?.method === 'POST');
    expect((await recorded()).former).toEqual({
      voiceUrl: former,
      voiceMethod: 'GET',
      voiceApplicationSid: '',
    });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readFile(file(), 'utf8')).not.toContain(authToken);
    await (await pointing).restore();
  });

  it('is left unchanged if others have changed it since', async () => {
    const hold = await point(first);
    simulator.numbers[0]!.voiceUrl = 'https://elsewhere.example/';
    expect(await hold.restore()).toEqual({ kind: 'left', number, voiceUrl: 'https://elsewhere.example/' });
    expect(present()).toBe('https://elsewhere.example/');
    expect(await readdir(folder)).toEqual([]);
  });

  it('that already called this relay keeps calling it', async () => {
    const hold = await point(first);
    await hold.restore();
    Object.assign(simulator.numbers[0]!, { voiceUrl: first, voiceMethod: 'POST' });
    const again = await point(first);
    expect(await readdir(folder)).toEqual([]);
    expect(await again.restore()).toEqual({ kind: 'nothing', number });
    expect(present()).toBe(first);
  });

  it('is restored only once for several calls, and tried again after Twilio was unreachable', async () => {
    const hold = await point(first);
    simulator.failNext({ fault: 'reset' });
    await expect(hold.restore()).rejects.toThrow(/127\.0\.0\.1/);
    expect(present()).toBe(first);
    const [once, twice] = await Promise.all([hold.restore(), hold.restore()]);
    expect(once).toEqual({ kind: 'restored', number, voiceUrl: former });
    expect(twice).toEqual(once);
  });
});

describe('a number that a killed process has left behind', () => {
  it('goes back to what was before that process when the next one lets it go', async () => {
    await point(first);
    await crash();
    const hold = await point(second);
    expect(hold.formerUrl).toBe(former);
    expect(present()).toBe(second);
    expect(await hold.restore()).toEqual({ kind: 'restored', number, voiceUrl: former });
    expect(present()).toBe(former);
  });

  it('goes back at once if the next process does not use it', async () => {
    await point(first);
    await crash();
    expect(await restoreLeftWebhooks({ account, clock, folder })).toEqual([
      { kind: 'restored', number, voiceUrl: former },
    ]);
    expect(present()).toBe(former);
    expect(await readdir(folder)).toEqual([]);
    expect(await restoreLeftWebhooks({ account, clock, folder })).toEqual([]);
  });

  it('keeps a value that was set in the meantime', async () => {
    await point(first);
    await crash();
    simulator.numbers[0]!.voiceUrl = 'https://repaired.example/';
    const hold = await point(second);
    expect(hold.formerUrl).toBe('https://repaired.example/');
    await hold.restore();
    expect(present()).toBe('https://repaired.example/');
  });

  it('is recognised even if the next process has the same process id, as in a container', async () => {
    await point(first);
    const record = await recorded();
    const holders = [{ ...record.holders[0]!, id: 'of-the-killed-one' }];
    await writeFile(file(), JSON.stringify({ ...record, holders }));
    const hold = await point(second);
    expect((await recorded()).holders).toHaveLength(1);
    expect(await hold.restore()).toEqual({ kind: 'restored', number, voiceUrl: former });
  });

  it('is restored after a request that seemed to fail but was carried out', async () => {
    const pointing = point(first);
    await simulator.when(() => simulator.requests.length === 1);
    simulator.failNext({ fault: 'hang' });
    await expect(pointing).rejects.toThrow(/did not answer in time/);
    Object.assign(simulator.numbers[0]!, { voiceUrl: first, voiceMethod: 'POST' });
    expect(await restoreLeftWebhooks({ account, clock, folder })).toEqual([
      { kind: 'restored', number, voiceUrl: former },
    ]);
  });

  it('takes the lock of a dead process, and ignores an unreadable record', async () => {
    await mkdir(`${file()}.lock`);
    await writeFile(join(`${file()}.lock`, `${deadPid}-gone`), '');
    await utimes(`${file()}.lock`, 1, 1);
    await writeFile(file(), '{"version":1,"num');
    const hold = await point(first);
    expect(hold.formerUrl).toBe(former);
    await hold.restore();
    expect(present()).toBe(former);
  });
});

describe('a number that two relays want', () => {
  it('calls the later one, then the earlier one again, and is restored by the last to leave', async () => {
    const [one, two] = [await point(first), await point(second)];
    expect(two.formerUrl).toBe(former);
    expect(present()).toBe(second);
    expect(await two.restore()).toEqual({ kind: 'handed_back', number, voiceUrl: first });
    expect(present()).toBe(first);
    expect(await one.restore()).toEqual({ kind: 'restored', number, voiceUrl: former });
    expect(present()).toBe(former);
  });

  it('stays with the later one when the earlier one leaves', async () => {
    const [one, two] = [await point(first), await point(second)];
    expect(await one.restore()).toMatchObject({ kind: 'left', voiceUrl: second });
    expect(present()).toBe(second);
    expect(await two.restore()).toEqual({ kind: 'restored', number, voiceUrl: former });
  });

  it('is changed by one at a time', async () => {
    const holds = await Promise.all([point(first), point(second)]);
    expect((await recorded()).former.voiceUrl).toBe(former);
    await Promise.all(holds.map((hold) => hold.restore()));
    expect(present()).toBe(former);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a number that cannot be pointed anywhere', () => {
  it('does not belong to the account', async () => {
    const options = { account, number: '+15550100077', voiceUrl: first, clock, folder };
    await expect(pointWebhook(options)).rejects.toThrow(
      /has no number \+15550100077\. Set TWILIO_PHONE_NUMBER/,
    );
  });

  it('belongs to a SIP trunk', async () => {
    Object.assign(simulator.numbers[0]!, { trunkSid: 'TK0123' });
    await expect(point(first)).rejects.toThrow(/SIP trunk TK0123.*ignore a webhook/);
    expect(present()).toBe(former);
  });
});

describe('a number whose former value cannot be kept in a file', () => {
  const nowhere = '/dev/null/hzrelay';
  const pointUnrecorded = (voiceUrl = first): Promise<WebhookHold> =>
    pointWebhook({ account, number, voiceUrl, clock, folder: nowhere });

  it('is still pointed at the relay, with a warning, and gets its settings back from memory', async () => {
    Object.assign(simulator.numbers[0]!, { voiceApplicationSid: 'AP0123' });
    const hold = await pointUnrecorded();
    expect(present()).toBe(first);
    expect(hold.formerUrl).toBe(former);
    expect(hold.unrecorded).toMatch(
      /^The folder \/dev\/null\/hzrelay cannot be written: part of its path is a file/,
    );
    expect(await hold.restore()).toEqual({ kind: 'restored', number, voiceUrl: former });
    expect(simulator.numbers[0]).toMatchObject({
      voiceUrl: former,
      voiceMethod: 'GET',
      voiceApplicationSid: 'AP0123',
    });
    await hold.restore();
    expect(simulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  it('is left unchanged if others have changed it since', async () => {
    const hold = await pointUnrecorded();
    simulator.numbers[0]!.voiceUrl = 'https://elsewhere.example/';
    expect(await hold.restore()).toMatchObject({ kind: 'left' });
    expect(present()).toBe('https://elsewhere.example/');
  });

  it('that already points here keeps doing so', async () => {
    simulator.numbers[0]!.voiceUrl = first;
    const hold = await pointUnrecorded();
    expect(await hold.restore()).toEqual({ kind: 'nothing', number });
    expect(present()).toBe(first);
  });

  it('is restored at the second attempt if Twilio fails at the first', async () => {
    const hold = await pointUnrecorded();
    simulator.failNext({ fault: 'error', status: 500, code: 20500, message: 'Internal' });
    await expect(hold.restore()).rejects.toThrow();
    expect(await hold.restore()).toMatchObject({ kind: 'restored' });
    expect(present()).toBe(former);
  });

  it('leaves no record for a later process, which works without one', async () => {
    expect(await restoreLeftWebhooks({ account, clock, folder: nowhere })).toEqual([]);
  });
});
