import { UsageError } from '../exit.js';

/** E.164: +, country code and number, at most fifteen digits; no country code begins with 0. */
const e164 = /^\+[1-9]\d{6,14}$/;

/**
 * The number in E.164 form, without spaces, hyphens, dots and parentheses. Throws a UsageError that says what is wrong;
 * `name` is the option or variable that it comes from.
 *
 * Source: ITU-T E.164, section 6
 */
export function phoneNumber(text: string, name: string): string {
  const digits = text.replace(/[\s().\-\u2010-\u2015]/g, '');
  if (e164.test(digits)) return digits;
  throw new UsageError(`${name} '${text}' is not a phone number. ${remedyFor(digits)}`);
}

function remedyFor(digits: string): string {
  const example = 'for example +15551234567';
  if (/^00[1-9]\d{6,14}$/.test(digits)) return `Write it with + in place of 00: +${digits.slice(2)}.`;
  if (/^1?[2-9]\d{9}$/.test(digits))
    return `Write it with + and the country code; in North America that is +1${digits.slice(-10)}.`;
  if (/^\d+$/.test(digits)) return `Write it with + and the country code, ${example}.`;
  if (/^\+[1-9]\d{15,}$/.test(digits)) return 'It has more than fifteen digits.';
  if (/^\+[1-9]\d*$/.test(digits)) return 'It has too few digits.';
  return `Give +, country code and number, ${example}.`;
}
