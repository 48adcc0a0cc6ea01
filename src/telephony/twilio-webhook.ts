/**
 * Points a Twilio number's voice webhook at a relay while it runs, then restores the former value. A later process restores
 * it after a crash, because the former value is saved in a file first. A value that hzrelay did not set is never overwritten
 * by a restore.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { HzRelayError } from '../core/errors.js';
import { isProcessAlive, removeState, StateError, stateFolder, writeState } from '../relay/state-file.js';
import { withStateLock } from '../relay/state-lock.js';
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
  /** The public URL of the relay's `/twilio/voice`. */
  readonly voiceUrl: string;
  readonly clock: Clock;
  /** Where former values are kept. @default {@link stateFolder} */
  readonly folder?: string;
  /** Is told if another process has the record locked. */
  readonly onWait?: (message: string) => void;
}

/** What happened to a number when its holder released it. */
export type WebhookRelease =
  | { readonly kind: 'restored'; readonly number: string; readonly voiceUrl: string }
  /** It points at another running hzrelay again, which held it before. */
  | { readonly kind: 'handed_back'; readonly number: string; readonly voiceUrl: string }
  /** It was changed by others in the meantime, so it was left unchanged. */
  | { readonly kind: 'left'; readonly number: string; readonly voiceUrl: string }
  /** There was nothing to restore, or the account no longer has the number. */
  | { readonly kind: 'nothing'; readonly number: string };

/** A number that points at a relay. */
export interface WebhookHold {
  readonly number: string;
  /** The former voice URL; an empty string if there was none. */
  readonly formerUrl: string;
  /** Why the former value could not be saved, so that only this process can restore it; null if it was saved. */
  readonly unrecorded: string | null;
  /**
   * Restores the former value if the present one is still ours. Idempotent. Rejects with a TwilioError if Twilio is
   * unreachable; the record then stays for {@link restoreLeftWebhooks} in a later process.
   */
  restore(): Promise<WebhookRelease>;
}

/** Ids of the holders in this process. */
const held = new Set<string>();

/**
 * Points the number at the webhook. If a crashed process left the number pointing at itself, the value before that process
 * is restored later; if another process still holds the number, that process gets it back. If no file can be written, the
 * former value is kept in memory. Throws an HzRelayError with a remedy if the account has no such number or a SIP trunk
 * takes its calls, and a TwilioError if Twilio fails.
 */
export async function pointWebhook(options: PointWebhookOptions): Promise<WebhookHold> {
  try {
    return await pointRecorded(options);
  } catch (thrown) {
    // The number is unchanged: the state file is written first.
    if (thrown instanceof StateError) return pointUnrecorded(options, thrown);
    throw thrown;
  }
}

async function pointRecorded(options: PointWebhookOptions): Promise<WebhookHold> {
  const { account, number, voiceUrl, clock, onWait, folder = stateFolder() } = options;
  const file = webhookFile(folder, account.accountSid, number);
  const holder: WebhookHolder = { id: randomBytes(8).toString('hex'), pid: process.pid, voiceUrl };
  const record = await withStateLock(file, { clock, onWait }, async (lost) => {
    const present = await requireNumber(account, number);
    const before = await readWebhookRecord(file);
    // The user has set this webhook permanently: there is nothing to restore.
    if (!before && callsWebhook(present, voiceUrl)) return null;
    const next = withHolder(before, holder, present, isAlive);
    lost.throwIfAborted();
    await writeState(file, next);
    held.add(holder.id);
    try {
      lost.throwIfAborted();
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
      return await letGoOf({ account, number, file, clock, onWait });
    } catch (thrown) {
      restored = null;
      throw thrown;
    }
  };
  return {
    number,
    formerUrl: record?.former.voiceUrl ?? voiceUrl,
    unrecorded: null,
    restore: () => {
      restored ??= record ? letGo() : Promise.resolve({ kind: 'nothing', number });
      return restored;
    },
  };
}

/** Works without a file: other holders are unknown, and after a crash nothing restores the number. */
async function pointUnrecorded(
  { account, number, voiceUrl }: PointWebhookOptions,
  why: StateError,
): Promise<WebhookHold> {
  const { sid, voiceUrl: formerUrl, voiceMethod, voiceApplicationSid } = await requireNumber(account, number);
  const former = { voiceUrl: formerUrl, voiceMethod, voiceApplicationSid };
  const isOursAnyway = callsWebhook(former, voiceUrl);
  if (!isOursAnyway) await account.setVoice(sid, settingsFor(voiceUrl));
  let restored: WebhookRelease | null = null;
  const restore = async (): Promise<WebhookRelease> => {
    const present = await account.findNumber(number);
    if (isOursAnyway || !present) return { kind: 'nothing', number };
    if (!callsWebhook(present, voiceUrl)) return { kind: 'left', number, voiceUrl: present.voiceUrl };
    await account.setVoice(sid, former);
    return { kind: 'restored', number, voiceUrl: formerUrl };
  };
  return {
    number,
    formerUrl,
    unrecorded: why.message,
    restore: async () => (restored ??= await restore()),
  };
}

export type RestoreLeftOptions = Pick<PointWebhookOptions, 'account' | 'clock' | 'folder' | 'onWait'>;

/**
 * Restores every number of the account that a dead process has left pointing at itself. Call it at the start of a program
 * that does not point the same number again; {@link pointWebhook} does this for its own number. Rejects with a TwilioError.
 */
export async function restoreLeftWebhooks(options: RestoreLeftOptions): Promise<readonly WebhookRelease[]> {
  const { account, clock, onWait } = options;
  const folder = options.folder ?? existingFolder();
  const names = folder === null ? [] : await readdir(folder).catch(() => []);
  const outcomes: WebhookRelease[] = [];
  for (const name of names.filter((candidate) => isWebhookFile(candidate, account.accountSid))) {
    const file = join(folder ?? '', name);
    const record = await readWebhookRecord(file);
    if (!record || record.holders.every(isAlive)) continue;
    const { number } = record;
    outcomes.push(await letGoOf({ account, number, file, clock, onWait }));
  }
  return outcomes;
}

/** The folder of the records; null if there is none. */
function existingFolder(): string | null {
  try {
    return stateFolder();
  } catch {
    return null;
  }
}

interface HeldNumber {
  readonly account: TwilioAccount;
  readonly number: string;
  readonly file: string;
  readonly clock: Clock;
  readonly onWait: ((message: string) => void) | undefined;
}

/** Releases the number for all holders that are gone: crashed ones and the one that has just released it. */
function letGoOf({ account, number, file, clock, onWait }: HeldNumber): Promise<WebhookRelease> {
  return withStateLock(file, { clock, onWait }, async (lost): Promise<WebhookRelease> => {
    const record = await readWebhookRecord(file);
    if (!record || record.holders.every(isAlive)) return { kind: 'nothing', number };
    const present = await account.findNumber(number);
    if (!present) {
      lost.throwIfAborted();
      await removeState(file);
      return { kind: 'nothing', number };
    }
    const { setTo, holders } = release(record, present, isAlive);
    lost.throwIfAborted();
    if (setTo) await account.setVoice(present.sid, setTo);
    lost.throwIfAborted();
    // Only after the number is set: if this process dies in between, a later one still finds the record.
    if (holders.length > 0) await writeState(file, { ...record, holders } satisfies WebhookRecord);
    else await removeState(file);
    if (!setTo) return { kind: 'left', number, voiceUrl: present.voiceUrl };
    const { voiceUrl } = setTo;
    return { kind: holders.length > 0 ? 'handed_back' : 'restored', number, voiceUrl };
  });
}

/** The number, if its webhook can be set. */
async function requireNumber(account: TwilioAccount, number: string): Promise<TwilioNumber> {
  const found = await account.findNumber(number);
  if (!found)
    throw new HzRelayError(
      `The Twilio account ${account.accountSid} has no number ${number}. Set TWILIO_PHONE_NUMBER to one of its numbers (https://console.twilio.com, Phone Numbers), with + and country code.`,
    );
  if (found.trunkSid !== null)
    throw new HzRelayError(
      `Calls to ${number} go to the SIP trunk ${found.trunkSid}, so Twilio would ignore a webhook. Remove the number from the trunk, or use another number.`,
    );
  return found;
}

/** Whether a holder still runs. Our own process id in an old record belongs to another process, as always in a container. */
function isAlive({ id, pid }: WebhookHolder): boolean {
  return pid === process.pid ? held.has(id) : isProcessAlive(pid);
}
