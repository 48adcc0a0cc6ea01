import { keyVariables } from '../../providers/registry.js';

const secretNames = [
  ...keyVariables,
  'NGROK_AUTHTOKEN',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_AUTH_TOKEN_SECONDARY',
  'TWILIO_API_KEY_SECRET',
];

/**
 * Replaces each secret of the environment in the text by its variable's name. `more` are further variables, of the
 * user's own vendors.
 */
export function withoutSecrets(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  more: readonly string[] = [],
): string {
  return [...secretNames, ...more].reduce((clean, name) => {
    const secret = env[name];
    // A shorter value is not a secret, and would match ordinary text.
    return secret !== undefined && secret.length >= 6 ? clean.replaceAll(secret, `[${name}]`) : clean;
  }, text);
}
