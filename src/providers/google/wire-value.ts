/** Fields of a value from the wire, of unknown types. */
export type WireFields = Readonly<Record<string, unknown>>;

/** The value if it is a JSON object, else null. */
export function fieldsOf(value: unknown): WireFields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as WireFields) : null;
}

/** The value's elements if it is a list, else none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a string, else an empty string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value if it is a count, else 0. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** The JSON value of a text; undefined if it is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
