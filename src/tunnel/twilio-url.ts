import { isLoopback } from '../relay/http/access.js';
import { publicUrlRemedy, readPublicUrl, type PublicUrlReading } from '../relay/http/public-url.js';

/**
 * Like {@link readPublicUrl}, for an address that Twilio will use. Twilio's streams need https on the default port; http is
 * accepted only for this machine, where a simulator may replace Twilio.
 */
export function readTwilioUrl(text: string): PublicUrlReading {
  const reading = readPublicUrl(text);
  if (!reading.ok) return reading;
  const wrong = (problem: string): PublicUrlReading => ({ ok: false, problem, remedy: publicUrlRemedy });
  const { protocol, hostname, port } = reading.url;
  if (protocol === 'http:')
    return isLoopback(hostname) ? reading : wrong(`'${text}' does not begin with https://.`);
  return port === '' ? reading : wrong(`'${text}' names a port, and Twilio’s streams use 443 only.`);
}
