import { RegExpParser, visitRegExpAST, type AST } from '@eslint-community/regexpp';

/** One of each kind of character that patterns match. */
const samples = Array.from(' \t\na1Aé你Δ.,;:!?-_*~`\'"<>()[]{}|/\\@#$%&+=^😀\u200d–');

/** A text that may be expensive for a pattern: a prefix, a repeated part, and a suffix that does not match. */
export interface HostileText {
  readonly start: string;
  readonly pump: string;
  readonly end: string;
}

/** Limit of a pattern's character kinds that are combined. */
const mostSamples = 7;

const mostWords = 5;
/** Limit of texts for one pattern. Patterns of many parts have more, but their parts are also checked alone. */
const mostTexts = 150;

/** Whether a pattern has an open repetition. Without one, it reads only a few characters at each position. */
export function repeats(pattern: RegExp): boolean {
  let most = 0;
  const flags = { unicode: pattern.unicode, unicodeSets: pattern.flags.includes('v') };
  visitRegExpAST(
    new RegExpParser({ ecmaVersion: 2025 }).parsePattern(pattern.source, undefined, undefined, flags),
    {
      onQuantifierEnter: ({ max }) => {
        most = Math.max(most, max);
      },
    },
  );
  return most > 30;
}

/**
 * Texts made of a pattern's own parts: each of its characters and words repeated, and each two of them alternating, after
 * the pattern's beginning and before a character that does not match.
 */
export function hostileTexts(pattern: RegExp): HostileText[] {
  const characters = new Set<string>();
  const words = new Set<string>();
  const flags = { unicode: pattern.unicode, unicodeSets: pattern.flags.includes('v') };
  const note = ({ raw, parent }: AST.Character | AST.CharacterSet | AST.CharacterClass): void => {
    if (parent.type === 'CharacterClass' || parent.type === 'CharacterClassRange') return;
    const one = new RegExp(`^(?:${raw})$`, pattern.flags.replace(/[gyd]/g, ''));
    for (const sample of samples.filter((candidate) => one.test(candidate)).slice(0, 2))
      characters.add(sample);
  };
  visitRegExpAST(
    new RegExpParser({ ecmaVersion: 2025 }).parsePattern(pattern.source, undefined, undefined, flags),
    {
      onCharacterEnter: note,
      onCharacterSetEnter: note,
      onCharacterClassEnter: note,
      onAlternativeEnter: ({ elements }) => {
        for (const word of wordsOf(elements)) words.add(word);
      },
    },
  );
  const singles = [...characters].slice(0, mostSamples);
  const longer = [...words].slice(0, mostWords);
  const pumps = new Set([' ', '; ', 'a', ...singles, ...longer]);
  for (const one of [...singles, ...longer]) for (const other of singles) pumps.add(one + other);
  const starts = ['', ...longer.slice(0, 1)];
  const texts = [...pumps].flatMap((pump) =>
    starts.flatMap((start) => ['\u0000', ' '].map((end) => ({ start, pump, end }))),
  );
  const every = Math.ceil(texts.length / mostTexts);
  return texts.filter((_, index) => index % every === 0);
}

/** Consecutive literal characters, and the first character after them. */
function wordsOf(elements: readonly AST.Element[]): string[] {
  const words: string[] = [];
  let word = '';
  for (const element of elements) {
    if (element.type === 'Character') word += String.fromCodePoint(element.value);
    else if (word !== '') {
      words.push(word);
      word = '';
    }
  }
  if (word !== '') words.push(word);
  return words.filter(({ length }) => length > 1);
}
