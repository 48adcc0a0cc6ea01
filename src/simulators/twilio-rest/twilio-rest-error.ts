/** The errors of Twilio's REST API, as in its JSON. Source: https://www.twilio.com/docs/api/errors */

export interface TwilioRestError {
  /** HTTP status. */
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** The REST API's refusals; each function fills in the quoted values. */
export const twilioRestErrors = {
  notAuthenticated: (): TwilioRestError => ({ status: 401, code: 20003, message: 'Authenticate' }),
  notFound: (path: string): TwilioRestError => ({
    status: 404,
    code: 20404,
    message: `The requested resource ${path} was not found`,
  }),
  noTo: (): TwilioRestError => ({ status: 400, code: 21201, message: "No 'To' number is specified" }),
  noFrom: (): TwilioRestError => ({ status: 400, code: 21213, message: "No 'From' number is specified" }),
  noUrl: (): TwilioRestError => ({ status: 400, code: 21205, message: 'Url parameter is required.' }),
  invalidUrl: (url: string): TwilioRestError => ({
    status: 400,
    code: 21205,
    message: `Url is not a valid URL: ${url}`,
  }),
  invalidVoiceUrl: (url: string): TwilioRestError => ({
    status: 400,
    code: 21402,
    message: `VoiceUrl is not valid: ${url}`,
  }),
  invalidTo: (to: string): TwilioRestError => ({
    status: 400,
    code: 21211,
    message: `The phone number you are attempting to call, ${to}, is not valid.`,
  }),
  foreignFrom: (from: string): TwilioRestError => ({
    status: 400,
    code: 21210,
    message: `The source phone number provided, ${from}, is not yet verified for your account. You may only make calls from phone numbers that you've verified or purchased from Twilio.`,
  }),
  unverifiedTo: (to: string): TwilioRestError => ({
    status: 400,
    code: 21219,
    message: `The number ${to} is unverified. Trial accounts may only make calls to verified numbers.`,
  }),
  noGeoPermission: (to: string): TwilioRestError => ({
    status: 400,
    code: 21215,
    message: `Account not authorized to call ${to}. Perhaps you need to enable some international permissions: https://www.twilio.com/console/voice/calls/geo-permissions/low-risk`,
  }),
  /** Source: https://www.twilio.com/docs/api/errors/21220 */
  notInProgress: (): TwilioRestError => ({
    status: 400,
    code: 21220,
    message: 'Call is not in-progress. Cannot redirect.',
  }),
} as const;

/** The body of an error's answer. */
export function twilioErrorBody({ status, code, message }: TwilioRestError): object {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

/** A fault of the next request. */
export type TwilioRestFault =
  | ({
      readonly fault: 'error';
      /** Sent as `Retry-After`, in seconds. */
      readonly retryAfter?: string;
    } & TwilioRestError)
  /** No answer, ever. */
  | { readonly fault: 'hang' }
  /** The connection breaks. */
  | { readonly fault: 'reset' }
  /** A proxy answers in Twilio's place. */
  | { readonly fault: 'html'; readonly status: number };
