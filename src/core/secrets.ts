/** A secret, and what stands for it in texts. */
export interface Secret {
  /** The variable or the config field that holds it. */
  readonly name: string;
  readonly value: string;
}

/** A shorter value is not a secret, and would match ordinary text. */
const leastChars = 6;

/**
 * The text with each secret replaced by its name, as in `[ACME_API_KEY]`, also where it is written as part of an
 * address. If two names hold the same secret, the first one stands for it.
 */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  const longEnough = secrets.filter(({ value }) => value.length >= leastChars);
  // A secret may contain another one, so the longer one goes first.
  longEnough.sort((a, b) => b.value.length - a.value.length);
  return longEnough.reduce(
    (clean, { name, value }) =>
      clean.replaceAll(value, `[${name}]`).replaceAll(inAddress(value), `[${name}]`),
    text,
  );
}

function inAddress(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    // Half of a surrogate pair cannot be encoded.
    return value;
  }
}
