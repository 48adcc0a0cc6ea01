/**
 * Runs a regular expression in a plain backtracking matcher that counts steps, as a measure of the engine's worst case. It is
 * deterministic, so "twice the text takes twice the steps" can be tested without a clock.
 */
import { RegExpParser, type AST } from '@eslint-community/regexpp';

/** Tries to match at `at`; calls `next` with the end of the match, and backtracks if that returns false. */
type Matcher = (at: number, next: (end: number) => boolean) => boolean;
/** The UTF-16 code units that one element matches at `at`; 0 if it does not match. */
type Taker = (at: number) => number;

// Looked up once and not at every step.
const { fromCodePoint } = String;

/** More steps than this count as endless. */
const mostSteps = 6_000_000;

export class TooManySteps extends Error {}

/** The matcher of the pattern asked for last: many texts are tried with each. */
let latest: { readonly pattern: RegExp; readonly matcher: CountingMatcher } | null = null;

/** Steps to find every match of `pattern` in `text`. */
export function stepsOf(pattern: RegExp, text: string): number {
  if (latest?.pattern !== pattern) latest = { pattern, matcher: new CountingMatcher(pattern) };
  return latest.matcher.run(text);
}

class CountingMatcher {
  #text = '';
  readonly #flags: string;
  readonly #isUnicode: boolean;
  readonly #isSticky: boolean;
  readonly #match: Matcher;
  readonly #groups: (string | undefined)[] = [];
  #steps = 0;

  constructor(pattern: RegExp) {
    this.#flags = pattern.flags.replace(/[gyd]/g, '');
    this.#isUnicode = /[uv]/.test(pattern.flags);
    this.#isSticky = pattern.sticky;
    const unicodeSetsOrUnicode = { unicode: pattern.unicode, unicodeSets: pattern.flags.includes('v') };
    const tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(
      pattern.source,
      undefined,
      undefined,
      unicodeSetsOrUnicode,
    );
    this.#match = this.#alternatives(tree.alternatives, false);
  }

  run(text: string): number {
    this.#text = text;
    this.#steps = 0;
    for (let at = 0; at <= this.#text.length;) {
      let end = -1;
      this.#groups.length = 0;
      this.#match(at, (found) => {
        end = found;
        return true;
      });
      // A sticky pattern may be tried at any position.
      at = end > at && !this.#isSticky ? end : at + 1;
    }
    return this.#steps;
  }

  #step(): void {
    if (++this.#steps > mostSteps) throw new TooManySteps();
  }

  #alternatives(alternatives: readonly AST.Alternative[], isBackward: boolean): Matcher {
    const matchers = alternatives.map(({ elements }) => this.#sequence(elements, isBackward));
    const [only] = matchers;
    if (only && matchers.length === 1) return only;
    return (at, next) => matchers.some((matcher) => matcher(at, next));
  }

  #sequence(elements: readonly AST.Element[], isBackward: boolean): Matcher {
    const matchers = elements.map((element) => this.#element(element, isBackward));
    if (isBackward) matchers.reverse();
    const from = (index: number): Matcher => {
      const matcher = matchers[index];
      if (!matcher) return (at, next) => next(at);
      const rest = from(index + 1);
      return index === matchers.length - 1 ? matcher : (at, next) => matcher(at, (end) => rest(end, next));
    };
    return from(0);
  }

  #element(element: AST.Element, isBackward: boolean): Matcher {
    switch (element.type) {
      case 'Character':
      case 'CharacterClass':
      case 'CharacterSet':
      case 'ExpressionCharacterClass': {
        const take = this.#taker(element.raw, isBackward);
        return (at, next) => {
          const length = take(at);
          return length > 0 && next(isBackward ? at - length : at + length);
        };
      }
      case 'Group':
        return this.#alternatives(element.alternatives, isBackward);
      case 'CapturingGroup':
        return this.#alternatives(element.alternatives, isBackward);
      case 'Assertion':
        return this.#assertion(element);
      case 'Quantifier':
        return this.#quantifier(element, isBackward);
      case 'Backreference':
        throw new Error(`${element.raw} is not supported by the counting matcher.`);
    }
  }

  #assertion(assertion: AST.Assertion): Matcher {
    if (assertion.kind === 'lookahead' || assertion.kind === 'lookbehind') {
      const inner = this.#alternatives(assertion.alternatives, assertion.kind === 'lookbehind');
      return (at, next) => inner(at, () => true) !== assertion.negate && next(at);
    }
    const test = new RegExp(assertion.raw, `${this.#flags}y`);
    return (at, next) => {
      this.#step();
      test.lastIndex = at;
      return test.test(this.#text) && next(at);
    };
  }

  #quantifier({ element, min, max, greedy }: AST.Quantifier, isBackward: boolean): Matcher {
    const isSingle = /^(?:Character|CharacterClass|CharacterSet|ExpressionCharacterClass)$/.test(
      element.type,
    );
    if (isSingle) return this.#run(this.#taker(element.raw, isBackward), min, max, greedy, isBackward);
    const inner = this.#element(element, isBackward);
    const repeat =
      (count: number): Matcher =>
      (at, next) => {
        this.#step();
        const more = (): boolean =>
          count < max && inner(at, (end) => (end !== at || count < min) && repeat(count + 1)(end, next));
        const enough = (): boolean => count >= min && next(at);
        return greedy ? more() || enough() : enough() || more();
      };
    return repeat(0);
  }

  /** Repeats one character, without recursion. */
  #run(take: Taker, min: number, max: number, greedy: boolean, isBackward: boolean): Matcher {
    return (at, next) => {
      const ends = [at];
      const longer = (): boolean => {
        const last = ends.at(-1) ?? at;
        const length = ends.length - 1 < max ? take(last) : 0;
        if (length > 0) ends.push(isBackward ? last - length : last + length);
        return length > 0;
      };
      if (greedy) {
        while (longer());
        for (let count = ends.length - 1; count >= min; count--) {
          this.#step();
          if (next(ends[count] ?? at)) return true;
        }
        return false;
      }
      for (let count = 0; ; count++) {
        if (count >= min && next(ends[count] ?? at)) return true;
        if (!longer()) return false;
      }
    };
  }

  #taker(raw: string, isBackward: boolean): Taker {
    const pattern = new RegExp(`^(?:${raw})$`, this.#flags);
    const known = new Map<string, boolean>();
    return (at) => {
      this.#step();
      const character = isBackward ? this.#before(at) : this.#at(at);
      if (character === '') return 0;
      let matches = known.get(character);
      if (matches === undefined) known.set(character, (matches = pattern.test(character)));
      return matches ? character.length : 0;
    };
  }

  #at(at: number): string {
    if (!this.#isUnicode) return this.#text.charAt(at);
    const point = this.#text.codePointAt(at);
    return point === undefined ? '' : fromCodePoint(point);
  }

  #before(at: number): string {
    if (at === 0) return '';
    const isPair = this.#isUnicode && at > 1 && /[\udc00-\udfff]/.test(this.#text.charAt(at - 1));
    return this.#text.slice(isPair ? at - 2 : at - 1, at);
  }
}
