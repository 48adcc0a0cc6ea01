/**
 * Points a Twilio number's voice webhook at a relay, for as long as that runs, and puts back what was there before: also
 * after a crash, since the former value is in a file before the number is touched. A value that was not recorded is never
 * overwritten on the way back.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { HzRelayError } from '../errors.js';
import { isProcessAlive, removeState, stateFolder, withStateLock, writeState } from './state-file.js';
import type { TwilioAccount, TwilioNumber } from './twilio-account.js';
import {
  callsWebhook,
  isWebhookFile,
  readWebhookRecord,
  release,
  settingsFor,
  webhookFile,
  withHolder,
  type WebhookHolder,
  type WebhookRecord,
} from './webhook-record.js';

export interface PointWebhookOptions {
  readonly account: TwilioAccount;
  /** E.164. */
  readonly number: string;
  /** The relay's `/twilio/voice`, as the internet reaches it. */
  readonly voiceUrl: string;
  readonly clock: Clock;
  /** Where former values are kept. @default {@link stateFolder} */
  readonly folder?: string;
}

/** What became of a number when its holder let it go. */
export type WebhookRelease =
  | { readonly kind: 'restored'; readonly number: string; readonly voiceUrl: string }
  /** Another hzrelay, which held it before, has it again. */
  | { readonly kind: 'handed_back'; readonly number: string; readonly voiceUrl: string }
  /** Somebody else has set it since, so it was left alone. */
  | { readonly kind: 'left'; readonly number: string; readonly voiceUrl: string }
  /** Nothing was held, or the number is not the account's any more. */
  | { readonly kind: 'nothing'; readonly number: string };

/** A number that points at a relay. */
export interface WebhookHold {
  readonly number: string;
  /** What calls the number got before; the empty string for none. */
  readonly formerUrl: string;
  /**
   * Puts the former value back, if the present one is still ours. Idempotent. Rejects with a TwilioError where Twilio
   * cannot be had; the record stays then, and {@link restoreLeftWebhooks} of a later process goes by it.
   */
  restore(): Promise<WebhookRelease>;
}

/** Those that live in this process. */
const held = new Set<string>();

/**
 * Points the number at the webhook. Where a crashed process has left it pointing at itself, the value before that one
 * counts as the former; where another one still holds it, that one gets it back afterwards. Throws an HzRelayError that
 * says what to do if the account has no such number or its calls go to a SIP trunk, and a TwilioError.
 */
export async function pointWebhook(options: PointWebhookOptions): Promise<WebhookHold> {
  const { account, number, voiceUrl, clock, folder = stateFolder() } = options;
  const file = webhookFile(folder, account.accountSid, number);
  const holder: WebhookHolder = { id: randomBytes(8).toString('hex'), pid: process.pid, voiceUrl };
  const record = await withStateLock(file, clock, async () => {
    const present = await requireNumber(account, number);
    const before = await readWebhookRecord(file);
    // Set to us by the user, for good: there is nothing to put back.
    if (!before && callsWebhook(present, voiceUrl)) return null;
    const next = withHolder(before, holder, present, isAlive);
    await writeState(file, next);
    held.add(holder.id);
    try {
      await account.setVoice(present.sid, settingsFor(voiceUrl));
    } catch (thrown) {
      // The record stays: a request that seems to have failed may have been carried out.
      held.delete(holder.id);
      throw thrown;
    }
    return next;
  });
  let restored: Promise<WebhookRelease> | null = null;
  const letGo = async (): Promise<WebhookRelease> => {
    held.delete(holder.id);
    try {
      return await letGoOf({ account, number, file, clock });
    } catch (thrown) {
      restored = null;
      throw thrown;
    }
  };
  return {
    number,
    formerUrl: record?.former.voiceUrl ?? voiceUrl,
    restore: () => {
      restored ??= record ? letGo() : Promise.resolve({ kind: 'nothing', number });
      return restored;
    },
  };
}

export type RestoreLeftOptions = Pick<PointWebhookOptions, 'account' | 'clock' | 'folder'>;

/**
 * Puts back what processes that are gone have left behind, for every number of the account. For the start of a program
 * that does not point the same number anew; {@link pointWebhook} minds its own number. Rejects with a TwilioError.
 */
export async function restoreLeftWebhooks(options: RestoreLeftOptions): Promise<readonly WebhookRelease[]> {
  const { account, clock, folder = stateFolder() } = options;
  const names = await readdir(folder).catch(() => []);
  const outcomes: WebhookRelease[] = [];
  for (const name of names.filter((candidate) => isWebhookFile(candidate, account.accountSid))) {
    const file = join(folder, name);
    const record = await readWebhookRecord(file);
    if (!record || record.holders.every(isAlive)) continue;
    const { number } = record;
    outcomes.push(await letGoOf({ account, number, file, clock }));
  }
  return outcomes;
}

interface HeldNumber {
  readonly account: TwilioAccount;
  readonly number: string;
  readonly file: string;
  readonly clock: Clock;
}

/** Lets the number go on behalf of the holders that are gone: crashed ones along with the one that has just let go. */
function letGoOf({ account, number, file, clock }: HeldNumber): Promise<WebhookRelease> {
  return withStateLock(file, clock, async (): Promise<WebhookRelease> => {
    const record = await readWebhookRecord(file);
    if (!record || record.holders.every(isAlive)) return { kind: 'nothing', number };
    const present = await account.findNumber(number);
    if (!present) {
      await removeState(file);
      return { kind: 'nothing', number };
    }
    const { setTo, holders } = release(record, present, isAlive);
    if (setTo) await account.setVoice(present.sid, setTo);
    // Not before the number is set: whatever happens in between, a later process finds the record.
    if (holders.length > 0) await writeState(file, { ...record, holders } satisfies WebhookRecord);
    else await removeState(file);
    if (!setTo) return { kind: 'left', number, voiceUrl: present.voiceUrl };
    const { voiceUrl } = setTo;
    return { kind: holders.length > 0 ? 'handed_back' : 'restored', number, voiceUrl };
  });
}

/** A number that can be pointed somewhere. */
async function requireNumber(account: TwilioAccount, number: string): Promise<TwilioNumber> {
  const found = await account.findNumber(number);
  if (!found)
    throw new HzRelayError(
      `The Twilio account ${account.accountSid} has no number ${number}. Set TWILIO_PHONE_NUMBER to one that it owns (https://console.twilio.com, Phone Numbers), with + and country code.`,
    );
  if (found.trunkSid !== null)
    throw new HzRelayError(
      `Calls to ${number} go to the SIP trunk ${found.trunkSid}, so that Twilio would ignore a webhook. Take the number out of the trunk, or use another.`,
    );
  return found;
}

/** Whether a holder still runs. Our own number in an old record was another process's (in a container it always is). */
function isAlive({ id, pid }: WebhookHolder): boolean {
  return pid === process.pid ? held.has(id) : isProcessAlive(pid);
}
