import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

/** Names that other libraries give to these fields, in lower case. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  systemPrompt: [
    'prompt',
    'instructions',
    'instruction',
    'system',
    'systemmessage',
    'systeminstruction',
    'persona',
  ],
  greeting: ['firstmessage', 'firstsentence', 'welcome', 'welcomemessage', 'introduction', 'welcomegreeting'],
  tools: ['functions'],
  llm: ['model', 'brain'],
  stt: ['asr', 'transcriber', 'recogniser', 'recognizer'],
};

/** The known name closest to a misspelt one, or that means the same; null if there is none. */
export function suggestionFor(wrong: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const meant = known.find((name) => otherNames[name]?.includes(wrong.toLowerCase().replaceAll(/[_-]/g, '')));
  if (meant !== undefined) return meant;
  const best = closest(
    wrong.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  );
  const name = known.find((candidate) => candidate.toLowerCase() === best);
  const tolerance = Math.max(2, Math.floor(wrong.length / 3));
  return name !== undefined && distance(wrong.toLowerCase(), best) <= tolerance ? name : null;
}

/** What to do about a field that is not known. */
export function spellingRemedy(
  wrong: string,
  known: readonly string[],
  lessLikely: readonly string[] = [],
): string {
  const suggestion = suggestionFor(wrong, known) ?? suggestionFor(wrong, lessLikely);
  return suggestion === null
    ? 'Remove it, or check its spelling.'
    : `Did you mean ${suggestion}? Rename it, or remove it.`;
}

/** The fields of the schema's object at a path; empty if there is no object. */
export function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const object = unwrapped(schema);
  if (!(object instanceof z.ZodObject)) return [];
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(object.shape);
  const inner: unknown = (object.shape as Readonly<Record<PropertyKey, unknown>>)[first];
  return inner instanceof z.ZodType ? fieldsAt(inner, rest) : [];
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}
