import { beforeAll, describe, expect, it } from '@jest/globals';
import { hostileTexts, repeats, type HostileText } from './hostile-texts.js';
import { stepsOf, TooManySteps } from './pattern-steps.js';
import { builtPatterns, literalPatterns, sourceFiles, type SourcePattern } from './source-patterns.js';

/** Allowed growth of steps for twice the text; a quadratic pattern grows by four. */
const mostGrowth = 3;
/** A first check with short texts, and the proof with long ones, beyond all repetition bounds of patterns. */
const shortLengths = [100, 200] as const;
const longLengths = [1000, 2000] as const;
const mostStepsPerCharacter = 3000;

/** Patterns that may take longer, each with its reason: its text does not come from outside, or is read once. */
const excused: Readonly<Record<string, string>> = {
  'providers/local/stt/dictionary.ts \\/\\*': "the grammar of the user's own config, once at start",
};
/** Files that build a pattern when they are called: from the user's own words, for our own names. */
const putTogetherLater = ['cli/logs/log-filter.ts'];

function isExcused({ file, pattern }: SourcePattern): boolean {
  return Object.keys(excused).some((key) => `${file} ${pattern.source}`.startsWith(key));
}

function textOf({ start, pump, end }: HostileText, length: number): string {
  return start + pump.repeat(Math.ceil(length / pump.length)) + end;
}

/** The growth of steps when the text is twice as long. */
function growth(pattern: RegExp, hostile: HostileText, [shorter, longer]: readonly [number, number]): number {
  try {
    const steps = stepsOf(pattern, textOf(hostile, longer));
    if (steps > mostStepsPerCharacter * longer) return Infinity;
    return steps / Math.max(1, stepsOf(pattern, textOf(hostile, shorter)));
  } catch (thrown) {
    if (thrown instanceof TooManySteps || thrown instanceof RangeError) return Infinity;
    throw thrown;
  }
}

/** A text that takes more than linear time; null if none was found. */
function weaknessOf(pattern: RegExp): HostileText | null {
  if (!repeats(pattern)) return null;
  for (const hostile of hostileTexts(pattern)) {
    if (growth(pattern, hostile, shortLengths) < mostGrowth) continue;
    if (growth(pattern, hostile, longLengths) >= mostGrowth) return hostile;
  }
  return null;
}

describe('the step counter', () => {
  it.each([
    [/\s+$/, { pump: ' ', end: '\u0000' }],
    [/(?:a+)+b/, { pump: 'a', end: '\u0000' }],
    [/^[ \t]*\|?[ \t]*:?-+/, { pump: ' ', end: '\u0000' }],
    [/\S+$/, { pump: 'a', end: ' ' }],
    [/<[^>]*>/, { pump: '<', end: '\u0000' }],
  ])('finds patterns that are quadratic or worse: %s', (pattern, weakness) => {
    expect(weaknessOf(pattern)).toMatchObject(weakness);
  });

  it.each([/\s+/g, /^\s*x/, /<[^<>]{0,80}>/, /(?<=a)b|\p{L}{2,}/u, /(?:a|b)*c?/y])(
    'lets pass: %s',
    (pattern) => {
      if (!pattern.sticky) expect(weaknessOf(pattern)).toBeNull();
      expect(stepsOf(pattern, 'ab '.repeat(10))).toBeGreaterThan(10);
    },
  );
});

describe('regular expressions in the source', () => {
  let patterns: SourcePattern[];
  let building: { readonly file: string; readonly count: number }[];
  beforeAll(async () => {
    const files = await sourceFiles();
    patterns = files.flatMap(({ file, text }) => literalPatterns(file, text));
    building = files.flatMap(({ file, text }) => {
      const count = text.split('new RegExp(').length - 1;
      return count > 0 ? [{ file, count }] : [];
    });
    for (const { file } of building) {
      // With a query of its own, the module is loaded anew.
      const name = file.replace(/\.tsx?$/, '.js?patterns');
      patterns.push(...(await builtPatterns(file, () => import(`../../src/${name}`))));
    }
  });

  it('are found, also those built when a module is loaded, and none is built later', () => {
    expect(patterns.length).toBeGreaterThan(200);
    const written = building.filter(({ file }) => !putTogetherLater.includes(file));
    const count = written.reduce((sum, one) => sum + one.count, 0);
    expect(patterns.filter(({ isLiteral }) => !isLiteral).length).toBeGreaterThanOrEqual(count);
  });

  it('take linear time for any text', () => {
    const weak = patterns
      .filter((one) => !isExcused(one))
      .flatMap(({ file, pattern }) => {
        const weakness = weaknessOf(pattern);
        return weakness ? [`${file}: ${String(pattern)} ${JSON.stringify(weakness)}`] : [];
      });
    expect(weak).toEqual([]);
  });

  it('are excused only while they exist', () => {
    const there = patterns.map(({ file, pattern }) => `${file} ${pattern.source}`);
    expect(Object.keys(excused).filter((key) => !there.some((one) => one.startsWith(key)))).toEqual([]);
  });
});
