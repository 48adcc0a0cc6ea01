import type { Secret } from '../../core/secrets.js';
import type { ProviderKey } from '../../providers/provider-definition.js';
import { keyVariables } from '../../providers/registry.js';

type Environment = Readonly<Record<string, string | undefined>>;

const secretVariables: readonly string[] = [
  ...keyVariables,
  'NGROK_AUTHTOKEN',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_AUTH_TOKEN_SECONDARY',
  'TWILIO_API_KEY_SECRET',
];

/** The secrets that the environment holds under names that are known for all. */
export function secretsOf(env: Environment): readonly Secret[] {
  return secretsIn(env, secretVariables);
}

/** The secrets of one provider: those of the environment, the variable that its definition names, and its config's key. */
export function secretsOfProvider(
  { key }: { readonly key: ProviderKey | null },
  config: object,
  env: Environment,
): readonly Secret[] {
  const { apiKey } = config as { readonly apiKey?: unknown };
  return [
    ...secretsIn(env, [...(key ? [key.variable] : []), ...secretVariables]),
    ...(typeof apiKey === 'string' ? [{ name: 'apiKey', value: apiKey }] : []),
  ];
}

function secretsIn(env: Environment, names: readonly string[]): readonly Secret[] {
  return names.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [{ name, value }];
  });
}
