/** Explains Twilio's errors: what each means for a call, and the remedy. */
import { z } from 'zod';
import { HzRelayError, messageOf } from '../core/errors.js';
import { printable } from '../events/sys-log.js';

/** Twilio refused a request, failed, or was unreachable. The message gives the cause and the remedy. */
export class TwilioError extends HzRelayError {
  /** Twilio's error code, such as 21211; null if it gave none. */
  readonly code: number | null;
  /** HTTP status of the response; null without a response. */
  readonly status: number | null;

  constructor(
    message: string,
    details: { readonly code: number | null; readonly status: number | null; readonly cause: Error },
  ) {
    super(message, { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
  }
}

/** The operation that failed, for its error message. */
export interface TwilioErrorContext {
  /** As in "Twilio did not …": `place the call`. */
  readonly doing: string;
  /** Values that must never appear in a message. */
  readonly secrets: readonly string[];
  /** Host of the API. */
  readonly host: string;
  readonly to?: string;
  readonly from?: string;
}

type Explanation = (numbers: { readonly to: string; readonly from: string }) => string;

const consoleUrl = 'https://console.twilio.com';
const verifiedUrl = `${consoleUrl}/us1/develop/phone-numbers/manage/verified`;
const geoUrl = `${consoleUrl}/us1/develop/voice/settings/geo-permissions`;

const invalidNumber: Explanation = ({ to }) =>
  `${to} is not a phone number that can be called. Check its digits; it begins with + and the country code.`;
const unverified: Explanation = ({ to }) =>
  `${to} is not verified, and a trial account may call verified numbers only. Verify it at ${verifiedUrl}, or upgrade the account.`;
const noGeoPermission: Explanation = ({ to }) =>
  `the account may not call the country of ${to}. Allow it at ${geoUrl}.`;
const notReachable: Explanation = ({ to }) =>
  `Twilio cannot call ${to}: the number does not exist, or its network does not accept this call. Try another number.`;
const badUrl: Explanation = () =>
  'it does not accept the relay’s address. Use one that is reachable from the internet and begins with https://.';

/** By error code. Source: https://www.twilio.com/docs/api/errors */
const explanations: Readonly<Record<number, Explanation>> = {
  10001: () => `the account is not active. Look for the reason at ${consoleUrl}.`,
  10002: () => 'a trial account may not do that. Upgrade the account.',
  10004: () => 'too many of the account’s calls are under way. Try again when some have ended.',
  11200: () =>
    'Twilio got no usable response from the relay’s webhook. Is the tunnel up, and does the relay have the same TWILIO_AUTH_TOKEN? See its log.',
  11205: () => 'Twilio could not connect to the relay’s webhook. Is the tunnel up?',
  11210: () => 'Twilio could not find the relay’s host. Is the tunnel up, and is its address right?',
  11237: () => 'Twilio does not trust the certificate of the relay’s address. Use a tunnel with a valid one.',
  12100: () => 'the response from the relay’s address is not TwiML: another server answers there.',
  13223: invalidNumber,
  13224: notReachable,
  13225: ({ to }) => `Twilio blocks calls to ${to}. Ask Twilio’s support why.`,
  13227: noGeoPermission,
  20003: () =>
    `the credentials were refused. Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and its secret, against ${consoleUrl} (live credentials, not test ones, for the region in TWILIO_REGION).`,
  20005: () => `the account is not active. Look for the reason at ${consoleUrl}.`,
  20008: () =>
    'these are test credentials, which reach no real number. Use the account’s own TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.',
  20404: () =>
    'the account has no such resource. Check that TWILIO_ACCOUNT_SID is the right account, and TWILIO_REGION its region.',
  20429: () => 'it gets too many requests from this account. Wait a little, then try again.',
  21201: invalidNumber,
  21203: noGeoPermission,
  21205: badUrl,
  21210: ({ from }) =>
    `${from} is not a number of this account. Set TWILIO_PHONE_NUMBER or --from to one that it owns or has verified.`,
  21211: invalidNumber,
  21212: ({ from }) =>
    `${from} is not a phone number that can place calls. Set TWILIO_PHONE_NUMBER or --from to one that the account owns.`,
  21213: () =>
    'the calling number is missing. Set TWILIO_PHONE_NUMBER or --from to a number that the account owns.',
  21214: notReachable,
  21215: noGeoPermission,
  21216: ({ to }) => `the account may not call ${to}. Ask Twilio’s support why.`,
  21217: invalidNumber,
  21219: unverified,
  21220: () => 'the call is over.',
  21402: badUrl,
  21608: unverified,
  70051: () =>
    `the API key may not do that. Give it the permission at ${consoleUrl}, or set TWILIO_AUTH_TOKEN beside it.`,
  31920: () =>
    'Twilio could not open the media stream to the relay. Does the tunnel support WebSockets, and does the relay have the same TWILIO_AUTH_TOKEN?',
  31921: () => 'the relay’s side closed the media stream. See the relay’s log.',
};

const unknownNumbers = { to: 'the number', from: 'the calling number' } as const;

/** The meaning and remedy of an error code, as the rest of a sentence; null for unknown codes. */
export function explainTwilioCode(
  code: number,
  numbers: { readonly to?: string | undefined; readonly from?: string | undefined } = {},
): string | null {
  const { to = unknownNumbers.to, from = unknownNumbers.from } = numbers;
  return explanations[code]?.({ to, from }) ?? null;
}

/** Twilio's own page about an error. */
export function twilioErrorPage(code: number): string {
  return `https://www.twilio.com/docs/errors/${code}`;
}

const thrownSchema = z.object({
  message: z.string().catch(''),
  status: z.number().optional().catch(undefined),
  code: z.union([z.number(), z.string()]).optional().catch(undefined),
});

/**
 * Makes a TwilioError of an error from the `twilio` package or the connection. The cause is a plain copy, because the
 * package's errors contain the request with its credentials.
 */
export function twilioError(thrown: unknown, context: TwilioErrorContext): TwilioError {
  if (thrown instanceof TwilioError) return thrown;
  const { status, code, message } = thrownSchema.parse(thrown instanceof Object ? thrown : {});
  const withoutToken = (text: string): string =>
    context.secrets.reduce(
      // Shorter values are not secrets, and would match ordinary words.
      (clean, secret) => (secret.length < 8 ? clean : clean.replaceAll(secret, '[token]')),
      text,
    );
  const why = withoutToken(whyOf(status, code, message || messageOf(thrown), context));
  return new TwilioError(`Twilio did not ${context.doing}: ${why}`, {
    code: typeof code === 'number' ? code : null,
    status: status ?? null,
    cause: new Error(withoutToken(messageOf(thrown))),
  });
}

function whyOf(
  status: number | undefined,
  code: number | string | undefined,
  message: string,
  context: TwilioErrorContext,
): string {
  if (typeof code === 'number') {
    const known = explainTwilioCode(code, context);
    if (known !== null) return `${known} (error ${code})`;
    return `${printable(message).replace(/\.$/, '')} (error ${code}, ${twilioErrorPage(code)}).`;
  }
  if (status === 401) return explainTwilioCode(20003) ?? '';
  if (status === 429) return explainTwilioCode(20429) ?? '';
  if (status !== undefined) {
    return `${context.host} answered HTTP ${status}. ${
      status >= 500
        ? 'Try again in a minute; https://status.twilio.com lists outages.'
        : 'Is this server Twilio’s?'
    }`;
  }
  return `${context.host} ${connectionProblem(code, message)}`;
}

function connectionProblem(code: string | undefined, message: string): string {
  const check =
    'Check the network, and HTTPS_PROXY, TWILIO_EDGE, TWILIO_REGION and TWILIO_BASE_URL where they are set.';
  switch (code) {
    case 'ECONNABORTED':
    case 'ETIMEDOUT':
      return `did not answer in time. ${check}`;
    case 'ECONNREFUSED':
      return `refuses connections. ${check}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `was not found by DNS: is this machine online? ${check}`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `closed the connection. ${check}`;
    case undefined:
    default:
      return `cannot be reached: ${printable(message)}. ${check}`;
  }
}
