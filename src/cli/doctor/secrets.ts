const secretNames = [
  'DEEPGRAM_API_KEY',
  'OPENAI_API_KEY',
  'ELEVENLABS_API_KEY',
  'NGROK_AUTHTOKEN',
  'TWILIO_AUTH_TOKEN',
] as const;

/** Puts the variable's name wherever one of the environment's secrets stands, whoever quoted it. */
export function withoutSecrets(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return secretNames.reduce((clean, name) => {
    const secret = env[name];
    // What is shorter is no secret, and would be found in any sentence.
    return secret !== undefined && secret.length >= 6 ? clean.replaceAll(secret, `[${name}]`) : clean;
  }, text);
}
