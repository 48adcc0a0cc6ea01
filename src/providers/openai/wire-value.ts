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
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Tool arguments as JSON text: some servers send them as an object. */
export function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** The JSON object inside a JSON string; null for any other text. */
export function unwrapped(written: string): string | null {
  if (!written.trimStart().startsWith('"')) return null;
  try {
    const inner = JSON.parse(written) as unknown;
    return fieldsOf(JSON.parse(stringOf(inner))) ? stringOf(inner) : null;
  } catch {
    return null;
  }
}

/** Those of the fields that are in `wanted`. */
export function only(fields: WireFields, wanted: readonly string[]): WireFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted.includes(name)));
}

/** The fields without those in `known`. */
export function without(fields: WireFields, known: readonly string[]): WireFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.includes(name)));
}
