/** zod's issues as problems that name the field, what is wrong with it, and the remedy. */
import type { z } from 'zod';
import type { ConfigProblem } from '../errors.js';

/** What one issue of zod's says, in the form of every ConfigError; `prefix` is the field that was checked. */
export function problemsOf(issue: z.core.$ZodIssue, prefix = ''): ConfigProblem[] {
  const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  const field = path === '' ? 'config' : path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: path === '' ? key : `${path}.${key}`,
      problem: 'is no field of the config.',
      remedy: 'Remove it, or check its spelling.',
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
  return [{ field, problem: `${issue.message}.`, remedy: 'Correct the value.' }];
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** A wrong value, short and without what it may hold: fields can be mixed up, and one of them is a key. */
export function shown(value: unknown): string {
  if (value === null || ['number', 'boolean', 'bigint'].includes(typeof value)) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.length <= 20 ? `'${value}'` : 'a long string';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
