/**
 * A value as JSON with printable characters only. Besides what JSON escapes anyway, it escapes C1 control characters,
 * which some terminals obey, and marks that change the writing direction. Parsing it gives the same value.
 */
export function jsonLine(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
