import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { appointmentDeskGrammar } from './appointment-desk-grammar.js';

const rules = new Map(
  [...appointmentDeskGrammar.matchAll(/<(\w+)>\s*=([^;]+);/g)].map(([, name = '', body = '']) => [
    name,
    body,
  ]),
);

function referencesIn(body: string): string[] {
  return [...body.matchAll(/<(\w+)>/g)].map(([, name = '']) => name);
}

describe('the appointment desk grammar', () => {
  it('has one public rule and defines every rule that it uses, and uses every rule that it defines', () => {
    expect(appointmentDeskGrammar.match(/\bpublic\b/g)).toHaveLength(1);
    const used = new Set([...rules.values()].flatMap(referencesIn));
    expect([...used].filter((name) => !rules.has(name))).toEqual([]);
    expect([...rules.keys()].filter((name) => !used.has(name))).toEqual(['utterance']);
  });

  it('uses only words that the dictionary knows', () => {
    const model = join(dirname(createRequire(import.meta.url).resolve('soundswallower')), 'model', 'en-us');
    const known = new Set(
      readFileSync(join(model, 'dict.txt'), 'utf8')
        .split('\n')
        .map((line) => line.split(' ', 1)[0]),
    );
    const words = [...rules.values()].flatMap(
      (body) => body.replace(/<\w+>|\/[\de.-]+\//g, ' ').match(/[^\s|()[\]+*]+/g) ?? [],
    );
    expect(words.length).toBeGreaterThan(100);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });
});
