/** What a value is and what it lacks, in words for those who wrote it. None of them shows the value itself. */

/** A longer type is cut in messages: it may be anything. */
const longestType = 40;

/** Whether its members can be read. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What kind of value it is. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (isPromise(value)) return 'a promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Also true for a promise of another library. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof value.then === 'function';
}

/** Those of the methods that the object does not have. */
export function missingMethods(
  value: Readonly<Record<string, unknown>>,
  methods: readonly string[],
): readonly string[] {
  return methods.filter((method) => typeof value[method] !== 'function');
}

/** Whether it is a position or a count. */
export function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** Whether it is a list of words, each with its times. */
export function areTimedWords(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (word: unknown) =>
        isObject(word) &&
        typeof word.text === 'string' &&
        Number.isFinite(word.startMs) &&
        Number.isFinite(word.endMs),
    )
  );
}

/** Says that an event or a part has no good value for a field. */
export function needs(type: string, field: string, value: unknown): string {
  return `{ type: '${type}' } needs ${field}; it got ${described(value)}.`;
}

/** Says that an event or a part is of no type that its kind of provider gives. */
export function unknownType(type: unknown, known: readonly string[]): string {
  const types = known.map((one) => `'${one}'`).join(', ');
  const given = typeof type === 'string' ? `'${type.slice(0, longestType)}'` : described(type);
  return `its type must be one of ${types}; it is ${given}.`;
}
