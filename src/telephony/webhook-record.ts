/**
 * The record of a number's voice webhook while hzrelay holds it: its former value and its holders. Saved in a file, so that
 * a later process can restore the former value. Pure except for reading the file.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readState } from '../relay/state-file.js';
import type { VoiceSettings } from './twilio-account.js';

/** A relay that has pointed the number at itself. */
export interface WebhookHolder {
  /** Tells two holders in one process apart. */
  readonly id: string;
  readonly pid: number;
  readonly voiceUrl: string;
}

export interface WebhookRecord {
  readonly version: 1;
  readonly number: string;
  /** The number's settings before the first holder. */
  readonly former: VoiceSettings;
  /** The latest last; calls go to the latest. */
  readonly holders: readonly WebhookHolder[];
}

const schema = z.object({
  version: z.literal(1),
  number: z.string(),
  former: z.object({ voiceUrl: z.string(), voiceMethod: z.string(), voiceApplicationSid: z.string() }),
  holders: z.array(z.object({ id: z.string(), pid: z.number(), voiceUrl: z.string() })),
}) satisfies z.ZodType<WebhookRecord>;

const fileName = /^webhook-(AC\w+)-\d+\.json$/;

/** Path of the record for one number of one account. */
export function webhookFile(folder: string, accountSid: string, number: string): string {
  return join(folder, `webhook-${accountSid}-${number.replace(/\D/g, '')}.json`);
}

/** Whether a file name is that of a record of this account. */
export function isWebhookFile(name: string, accountSid: string): boolean {
  return fileName.exec(name)?.[1] === accountSid;
}

/** Reads the record; null if it is missing or unreadable. */
export async function readWebhookRecord(path: string): Promise<WebhookRecord | null> {
  const parsed = schema.safeParse(await readState(path));
  return parsed.success ? parsed.data : null;
}

/** The settings of a number that calls this webhook. */
export function settingsFor(voiceUrl: string): VoiceSettings {
  return { voiceUrl, voiceMethod: 'POST', voiceApplicationSid: '' };
}

/** Whether the number still has the settings of {@link settingsFor}. */
export function callsWebhook(present: VoiceSettings, voiceUrl: string): boolean {
  return present.voiceUrl === voiceUrl && present.voiceApplicationSid === '';
}

/**
 * Adds a holder to the record. If the present value was set by a holder, the former value stays. Otherwise the present value
 * was set by others: it becomes the former value, and earlier holders are dropped.
 */
export function withHolder(
  record: WebhookRecord | null,
  holder: WebhookHolder,
  present: VoiceSettings & { readonly phoneNumber: string },
  isAlive: (holder: WebhookHolder) => boolean,
): WebhookRecord {
  const { voiceUrl, voiceMethod, voiceApplicationSid, phoneNumber: number } = present;
  const holders = record?.holders.filter((other) => callsWebhook(present, other.voiceUrl)) ?? [];
  if (record && holders.length > 0)
    return { ...record, holders: [...record.holders.filter(isAlive), holder] };
  return {
    version: 1,
    number,
    former: { voiceUrl, voiceMethod, voiceApplicationSid },
    holders: [holder],
  };
}

/** What to do when some holders are gone. */
export interface Release {
  /** New settings for the number; null if others, or a holder that stays, have set it. */
  readonly setTo: VoiceSettings | null;
  /** The holders that remain; may be empty. */
  readonly holders: readonly WebhookHolder[];
}

/** Decides what to do when only the holders that are alive remain. `present` is the number's present setting. */
export function release(
  record: WebhookRecord,
  present: VoiceSettings,
  isAlive: (holder: WebhookHolder) => boolean,
): Release {
  const holders = record.holders.filter(isAlive);
  const wasTheirs = record.holders.some(
    (holder) => !isAlive(holder) && callsWebhook(present, holder.voiceUrl),
  );
  const next = holders.at(-1);
  if (!wasTheirs || (next && callsWebhook(present, next.voiceUrl))) return { setTo: null, holders };
  return { setTo: next ? settingsFor(next.voiceUrl) : record.former, holders };
}
