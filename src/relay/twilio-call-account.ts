/** The Twilio account whose running calls the relay can change. */
import { hasTwilioCredentials, twilioCredentials } from '../telephony/twilio-credentials.js';

/** What the relay needs of Twilio's REST API. The `twilio` package or any other client can stand behind it. */
export interface TwilioCallAccount {
  /** Calls of other accounts are left alone. */
  readonly accountSid: string;
  /**
   * Replaces what a running call does by this TwiML, at once. Resolves with `over` if the call has ended. Rejects with an
   * error that names the remedy.
   */
  redirectCall(callSid: string, twiml: string): Promise<'redirected' | 'over'>;
}

/** Time-out of one request: the caller hears silence meanwhile, and the session waits for 15 s. */
const timeoutMs = 5000;

/**
 * The account in the environment; null without its SID and a login. The `twilio` package is loaded, and the credentials
 * are checked, when a call is first redirected.
 */
export function twilioAccountOf(env: Readonly<Record<string, string | undefined>>): TwilioCallAccount | null {
  if (!hasTwilioCredentials(env)) return null;
  let account: Promise<TwilioCallAccount> | null = null;
  const open = async (): Promise<TwilioCallAccount> => {
    const { openTwilioAccount } = await import('../telephony/twilio-account.js');
    return openTwilioAccount(twilioCredentials(env), { timeoutMs });
  };
  return {
    accountSid: env.TWILIO_ACCOUNT_SID ?? '',
    redirectCall: async (callSid, twiml) => {
      account ??= open();
      return (await account).redirectCall(callSid, twiml);
    },
  };
}
