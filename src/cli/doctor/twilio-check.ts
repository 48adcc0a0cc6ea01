import { ConfigError } from '../../core/errors.js';
import { openTwilioAccount, twilioCredentials, type TwilioAccount } from '../../telephony/twilio-account.js';
import { TwilioError } from '../../telephony/twilio-errors.js';
import type { Check, Finding } from './check.js';

const consoleUrl = 'https://console.twilio.com';
const requestTimeoutMs = 6000;

/** Whether Twilio accepts the credentials, and the number belongs to the account and can be called. */
export function twilioCheck(env: Readonly<Record<string, string | undefined>>): Check {
  return {
    name: 'twilio',
    async run() {
      const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token, TWILIO_PHONE_NUMBER: number } = env;
      if (!sid && !number)
        return notSet(
          token
            ? 'TWILIO_AUTH_TOKEN is used to check signatures; placing calls needs TWILIO_ACCOUNT_SID.'
            : 'Twilio is not set up: phone calls can be simulated.',
        );
      if (number && !/^\+[1-9]\d{6,14}$/.test(number))
        return {
          status: 'problem',
          message: `TWILIO_PHONE_NUMBER is '${number}', which is not a phone number.`,
          remedy: 'Write it with + and the country code, for example +15551234567.',
        };
      try {
        const account = await openTwilioAccount(twilioCredentials(env), { timeoutMs: requestTimeoutMs });
        return await checkAccount(account, number || null);
      } catch (thrown) {
        return failure(thrown);
      }
    },
  };
}

async function checkAccount(account: TwilioAccount, number: string | null): Promise<Finding> {
  const [{ status, isTrial }, found] = await Promise.all([
    account.info(),
    number === null ? null : account.findNumber(number),
  ]);
  const setNumber = 'and set TWILIO_PHONE_NUMBER.';
  const trial = isTrial ? ' A trial account calls verified numbers only.' : '';
  if (status !== 'active')
    return {
      status: 'problem',
      message: `The account is ${status}.`,
      remedy: `Look for the reason at ${consoleUrl}.`,
    };
  if (number === null)
    return {
      status: 'note',
      message: `Twilio accepts the credentials; TWILIO_PHONE_NUMBER is not set: there is no number to call.${trial}`,
      remedy: `Get a number at ${consoleUrl} ${setNumber}`,
    };
  if (!found)
    return {
      status: 'problem',
      message: `Twilio accepts the credentials, but ${number} is not a number of this account.`,
      remedy: `Choose one at ${consoleUrl} ${setNumber}`,
    };
  if (!found.takesCalls)
    return {
      status: 'problem',
      message: `${number} takes only messages, no calls.`,
      remedy: `Get a number with voice at ${consoleUrl} ${setNumber}`,
    };
  if (found.trunkSid !== null)
    return {
      status: 'note',
      message: `Calls to ${number} go to a SIP trunk and do not reach the relay.${trial}`,
      remedy: `Remove the number from the trunk at ${consoleUrl}.`,
    };
  return { status: 'ok', message: `Twilio accepts the credentials, and ${number} takes calls.${trial}` };
}

function notSet(message: string): Finding {
  return {
    status: 'note',
    message,
    remedy: `For real ones set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER; they are at ${consoleUrl}.`,
  };
}

function failure(thrown: unknown): Finding {
  if (thrown instanceof ConfigError) {
    const { problems } = thrown;
    const remedies = new Set(problems.map(({ remedy }) => remedy));
    return {
      status: 'problem',
      message: problems.map(({ field, problem }) => `${field} ${problem}`).join(' '),
      remedy: [...remedies].join(' '),
    };
  }
  if (!(thrown instanceof TwilioError)) throw thrown;
  // Its first sentence says what happened, the rest what to do.
  const [message = '', ...rest] = thrown.message.split(/(?<=[.?]) (?=[A-Z])/);
  return { status: 'problem', message, ...(rest.length > 0 && { remedy: rest.join(' ') }) };
}
