/** Converts zod's issues to problems that name the field, what is wrong with it, and the remedy. */
import type { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { fieldsAt, spellingRemedy } from './field-suggestion.js';

/**
 * Converts one zod issue to the problems of a ConfigError. `prefix` is the field that was checked, `schema` the schema
 * that it was checked against.
 */
export function problemsOf(issue: z.core.$ZodIssue, prefix = '', schema?: z.ZodType): ConfigProblem[] {
  const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  const field = path === '' ? 'config' : path;
  if (issue.code === 'unrecognized_keys') {
    const known = schema ? fieldsAt(schema, issue.path) : [];
    return issue.keys.map((key) => ({
      field: path === '' ? key : `${path}.${key}`,
      problem: 'is not a field of the config.',
      remedy: remedyForField(key, {
        known,
        ofAgent: path === '' && schema ? fieldsAt(schema, ['agent']) : [],
        besideAgent: path === 'agent' && schema ? fieldsAt(schema, []) : [],
      }),
    }));
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map((value) => `'${String(value)}'`).join(', ');
    const problem = issue.input === undefined ? 'is missing.' : `is ${shown(issue.input)}.`;
    return [{ field, problem, remedy: `Use one of: ${allowed}.` }];
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const bound =
      issue.code === 'too_small'
        ? `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
        : `at most ${issue.maximum}`;
    if (typeof issue.input === 'number')
      return [{ field, problem: `is ${issue.input}.`, remedy: `Give a number of ${bound}.` }];
    return [{ field, problem: 'is empty.', remedy: 'Write it, or leave the field out.' }];
  }
  if (issue.code === 'invalid_type') {
    const problem = issue.input === undefined ? 'is missing.' : `is ${shown(issue.input)}.`;
    return [{ field, problem, remedy: `Give ${typeNames[issue.expected] ?? issue.expected}.` }];
  }
  if (issue.code === 'invalid_key')
    return [{ field, problem: `${issue.issues[0]?.message ?? issue.message}.`, remedy: 'Rename it.' }];
  return [{ field, problem: `${issue.message}.`, remedy: 'Correct the value.' }];
}

interface FieldNames {
  /** The fields of the object that has the unknown one. */
  readonly known: readonly string[];
  /** The fields that belong into `agent`, one level deeper. */
  readonly ofAgent: readonly string[];
  /** The fields that belong beside `agent`, one level higher. */
  readonly besideAgent: readonly string[];
}

/** The remedy for an unknown field. */
function remedyForField(key: string, { known, ofAgent, besideAgent }: FieldNames): string {
  if (ofAgent.includes(key))
    return `It belongs to an agent: write defineAgent({ ${key}: … }), or agent: { ${key}: … }.`;
  if (ofAgent.length + besideAgent.length > 0 && key === 'voice')
    return 'It belongs to an agent: write defineAgent({ voice: … }).';
  if (besideAgent.includes(key)) return `It belongs beside the agent: write { ${key}: …, agent: { … } }.`;
  return spellingRemedy(key, known, [...ofAgent, ...besideAgent]);
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** A wrong value for messages, short and without its contents: a user who mixed up fields may have put a key here. */
export function shown(value: unknown): string {
  if (value === null || ['number', 'boolean', 'bigint'].includes(typeof value)) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.length <= 20 ? `'${value}'` : 'a long string';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
