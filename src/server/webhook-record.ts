/**
 * What is known of a number's voice webhook while hzrelay holds it: what it was before, and who holds it. Kept in a file,
 * so that the former value is put back even by a later process. Pure but for the reading of the file.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readState } from './state-file.js';
import type { VoiceSettings } from './twilio-account.js';

/** A process that has pointed the number at itself. */
export interface WebhookHolder {
  /** Tells two holders in one process apart. */
  readonly id: string;
  readonly pid: number;
  readonly voiceUrl: string;
}

export interface WebhookRecord {
  readonly version: 1;
  readonly number: string;
  /** What the number was set to before anybody held it. */
  readonly former: VoiceSettings;
  /** The latest last; calls go to it. */
  readonly holders: readonly WebhookHolder[];
}

const schema = z.object({
  version: z.literal(1),
  number: z.string(),
  former: z.object({ voiceUrl: z.string(), voiceMethod: z.string(), voiceApplicationSid: z.string() }),
  holders: z.array(z.object({ id: z.string(), pid: z.number(), voiceUrl: z.string() })),
}) satisfies z.ZodType<WebhookRecord>;

const fileName = /^webhook-(AC\w+)-\d+\.json$/;

/** The file of one number of one account. */
export function webhookFile(folder: string, accountSid: string, number: string): string {
  return join(folder, `webhook-${accountSid}-${number.replace(/\D/g, '')}.json`);
}

/** Whether a file of this name is a record of this account's. */
export function isWebhookFile(name: string, accountSid: string): boolean {
  return fileName.exec(name)?.[1] === accountSid;
}

/** The record in the file; null where there is none that can be read. */
export async function readWebhookRecord(path: string): Promise<WebhookRecord | null> {
  const parsed = schema.safeParse(await readState(path));
  return parsed.success ? parsed.data : null;
}

/** How a number is set that calls this webhook. */
export function settingsFor(voiceUrl: string): VoiceSettings {
  return { voiceUrl, voiceMethod: 'POST', voiceApplicationSid: '' };
}

/** Whether the number still calls this webhook, as it was set by {@link settingsFor}. */
export function callsWebhook(present: VoiceSettings, voiceUrl: string): boolean {
  return present.voiceUrl === voiceUrl && present.voiceApplicationSid === '';
}

/**
 * The record once another holder has come. A present value that a holder has set is nothing to go back to: the former one
 * stays. Any other was set by somebody else, and is the one to go back to; whoever held the number then does so no more.
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

/** What is to be done when some holders are gone. */
export interface Release {
  /** What the number is to be set to; null where somebody else has set it, or a holder that stays. */
  readonly setTo: VoiceSettings | null;
  /** Who holds it from then on: nobody, or one that was there before. */
  readonly holders: readonly WebhookHolder[];
}

/** What is to be done when only the holders of which `isAlive` says so are left and the number is set as `present` says. */
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
