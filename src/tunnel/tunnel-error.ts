/** Explains why a tunnel could not be opened, with a remedy. */
import { HzRelayError, messageOf } from '../core/errors.js';
import { printable } from '../events/sys-log.js';
import { TunnelAgentError } from './tunnel-agent.js';

/** A tunnel could not be opened or was lost. The message gives the reason and a remedy; local use works without a tunnel. */
export class TunnelError extends HzRelayError {
  /** The service's error code, such as `ERR_NGROK_107`; null if it gave none. */
  readonly errorCode: string | null;

  constructor(why: string, errorCode: string | null = null, options?: ErrorOptions) {
    super(`There is no tunnel: ${why}`, options);
    this.errorCode = errorCode;
  }
}

/** The remedy that always works. */
export const otherTunnel = 'or open a tunnel with another tool and pass its address as --public-url';

const authtokenPage = 'https://dashboard.ngrok.com/get-started/your-authtoken';
const badToken = `ngrok does not accept NGROK_AUTHTOKEN. Copy it again from ${authtokenPage} (it is not an API key).`;
const oneAtATime = `another ngrok agent of this account is already running. End it (https://dashboard.ngrok.com/agents), ${otherTunnel}.`;
const alreadyOnline = `a tunnel at this address is already online: from a running ngrok agent, or from one that has just ended. Wait a minute and start again, end it at https://dashboard.ngrok.com/endpoints, use another --domain, ${otherTunnel}.`;
const badDomain =
  'the domain is not one of this ngrok account. Leave it out, or use one from https://dashboard.ngrok.com/domains.';
const tooOld = 'ngrok refuses this version of its agent. Update hzrelay or @ngrok/ngrok.';

/** Source: https://ngrok.com/docs/errors */
const explanations: Readonly<Record<string, string>> = {
  ERR_NGROK_103: 'the ngrok account is suspended. See https://dashboard.ngrok.com.',
  ERR_NGROK_105: badToken,
  ERR_NGROK_106: badToken,
  ERR_NGROK_107: badToken,
  ERR_NGROK_108: oneAtATime,
  ERR_NGROK_109: tooOld,
  ERR_NGROK_120: tooOld,
  ERR_NGROK_121: tooOld,
  ERR_NGROK_313: badDomain,
  ERR_NGROK_314: badDomain,
  ERR_NGROK_319: badDomain,
  ERR_NGROK_320: badDomain,
  ERR_NGROK_334: alreadyOnline,
  ERR_NGROK_725: `the ngrok account has used up its traffic for this month. Upgrade it, ${otherTunnel}.`,
  ERR_NGROK_727: `the ngrok account has used up its requests for this month. Upgrade it, ${otherTunnel}.`,
  ERR_NGROK_4018: `ngrok requires a verified account. Sign up, then set NGROK_AUTHTOKEN: ${authtokenPage}.`,
  ERR_NGROK_9040: `ngrok refuses connections from this IP address. Use another network, ${otherTunnel}.`,
};

/** Makes a TunnelError of an agent's error, without the token, which the service may quote. */
export function tunnelError(thrown: unknown, authtoken: string): TunnelError {
  if (thrown instanceof TunnelError) return thrown;
  const errorCode = thrown instanceof TunnelAgentError ? thrown.errorCode : null;
  const withoutToken = messageOf(thrown).replaceAll(authtoken, '[token]');
  const cause = new Error(withoutToken);
  const known = errorCode === null ? undefined : explanations[errorCode];
  if (errorCode !== null && known !== undefined)
    return new TunnelError(`${known} (${errorCode})`, errorCode, { cause });
  if (errorCode !== null) {
    const page = `https://ngrok.com/docs/errors/${errorCode.toLowerCase()}`;
    return new TunnelError(`ngrok refused it (${errorCode}, ${page}).`, errorCode, { cause });
  }
  if (/Cannot find (?:package|module)|native binding/.test(withoutToken)) {
    return new TunnelError(
      `the package @ngrok/ngrok is not installed for this system. Run npm install @ngrok/ngrok, ${otherTunnel}.`,
      null,
      { cause },
    );
  }
  return new TunnelError(
    `ngrok’s service cannot be reached (${printable(withoutToken).replace(/\.$/, '')}). Check the network and its firewall, ${otherTunnel}.`,
    null,
    { cause },
  );
}
