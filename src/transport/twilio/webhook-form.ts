import { parse } from 'node:querystring';

/** The fields of a webhook; a repeated field has all its values. */
export type WebhookForm = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Largest form in bytes. A call's form has about 40 fields and 2 KB; SIP headers, a STIR passport and add-ons make it
 * longer.
 *
 * Source: https://www.twilio.com/docs/voice/twiml#request-parameters
 */
export const maxFormBytes = 64 * 1024;

/** Maximum number of fields, including repeated ones. */
export const maxFormFields = 256;

/** Reads an `application/x-www-form-urlencoded` form; null, without reading it, if it has too many fields. */
export function readWebhookForm(text: string): WebhookForm | null {
  let fields = 1;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) fields++;
  return fields > maxFormFields ? null : parse(text, '&', '=', { maxKeys: 0 });
}

/** The value of a field; the first one if it is repeated. */
export function fieldOf(form: WebhookForm, name: string): string | undefined {
  const value = form[name];
  return typeof value === 'string' ? value : value?.[0];
}
