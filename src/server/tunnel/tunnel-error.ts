/** Why a tunnel could not be opened, in words, and what to do about it. */
import { HzRelayError, messageOf } from '../../errors.js';
import { printable } from '../../events/sys-log.js';
import { TunnelAgentError } from './tunnel-agent.js';

/** There is no tunnel. The message says why and what to do; everything on this machine works without one. */
export class TunnelError extends HzRelayError {
  /** The service's own code, such as `ERR_NGROK_107`; null where it gave none. */
  readonly errorCode: string | null;

  constructor(why: string, errorCode: string | null = null, options?: ErrorOptions) {
    super(`There is no tunnel: ${why}`, options);
    this.errorCode = errorCode;
  }
}

/** What to do instead, whatever is wrong with this tunnel. */
export const otherTunnel = 'or open a tunnel of any other kind yourself and give its address as --public-url';

const authtokenPage = 'https://dashboard.ngrok.com/get-started/your-authtoken';
const badToken = `ngrok does not take NGROK_AUTHTOKEN. Copy it anew from ${authtokenPage} (it is not an API key).`;
const oneAtATime = `another ngrok agent of this account runs already. End that (https://dashboard.ngrok.com/agents), ${otherTunnel}.`;
const badDomain =
  'the domain is not one of this ngrok account. Leave it out, or take one of https://dashboard.ngrok.com/domains.';
const tooOld = 'ngrok refuses this version of its agent. Update hzrelay, or @ngrok/ngrok beside it.';

/** Source: https://ngrok.com/docs/errors */
const explanations: Readonly<Record<string, string>> = {
  ERR_NGROK_103: 'the ngrok account is suspended. https://dashboard.ngrok.com says why.',
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
  ERR_NGROK_334: oneAtATime,
  ERR_NGROK_725: `the ngrok account has used up its traffic of this month. Upgrade it, ${otherTunnel}.`,
  ERR_NGROK_727: `the ngrok account has used up its requests of this month. Upgrade it, ${otherTunnel}.`,
  ERR_NGROK_4018: `ngrok wants a verified account. Sign up, then set NGROK_AUTHTOKEN: ${authtokenPage}.`,
  ERR_NGROK_9040: `ngrok takes no connections from this address on the internet. Use another network, ${otherTunnel}.`,
};

/** Makes a TunnelError of what an agent threw. The token does not get into it, although the service quotes it. */
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
      `the package @ngrok/ngrok is not installed, or not for this system. Run npm install @ngrok/ngrok, ${otherTunnel}.`,
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
