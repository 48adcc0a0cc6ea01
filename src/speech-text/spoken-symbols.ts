/** The meaning of mathematical signs: "> 65" is "over 65", "- 5 degrees" is "minus 5 degrees", "5–7" is "5 to 7". */
import { isCalendarName } from './abbreviations.js';
import type { SymbolName } from './symbol-words.js';

/** All signs that may be said, longest first. */
export const symbols = /[<>=]=|[-=]{1,2}>|[-−–<>≥≤=+%×÷±~≈*]/;

/** Characters before and after a sign that decide its meaning. */
const lookAround = 24;

const numberNext = /^[€$£¥]?[-−+]?[.,]?\p{N}/u;
const numberBefore = /\p{N}[%°€$£¥]?$|\p{N}\s?[ap]\.?m\.?$/iu;
const operandNext = /^["“'(€$£¥]?[\p{L}\p{N}]/u;
const operandBefore = /[\p{L}\p{N}%°)\]"”'*_]$/u;
const unitNext =
  /^[€$£¥]|^[\d.,]+\s?(?:[°%€]|deg|grad|graus|celsius|fahrenheit|euro|dollar|percent|prozent)/iu;
/** Words that a clause does not end with, so that a dash behind them is a minus: "from - 5 to 3", "a low of - 5". */
const beforeNumber =
  /(?<!\p{L})(?:from|to|of|at|between|below|above|around|about|than|von|auf|bis|bei|unter|über|zwischen|de|à|entre|di|da|tra|van|tot|op|tussen)$/iu;
/** In a telephone number or a date the sign between digits is not a range. */
const isCodeBefore = /\d\s?[-–]\s?\d{1,9}$/;
const isCodeNext = /^\d{1,9}\s?[-–]\s?\d/;

/** The text around a sign, within its line and without adjacent white space. */
interface Surroundings {
  readonly before: string;
  readonly next: string;
  /** Whether white space is on that side. */
  readonly isSpacedBefore: boolean;
  readonly isSpacedNext: boolean;
}

/**
 * The name of the sign at `at`; 'pause' between menu levels ("Settings > Network"); null if the sign stays unchanged.
 * `startsLine`: whether a line begins at index 0.
 */
export function meaningOfSymbol(
  text: string,
  at: number,
  sign: string,
  startsLine: boolean,
): SymbolName | 'pause' | null {
  const around = surroundings(text, at, sign.length);
  const { before, next, isSpacedBefore, isSpacedNext } = around;
  const isNumberNext = numberNext.test(next);
  const isNumberBefore = numberBefore.test(before);
  const isBetween = operandNext.test(next) && operandBefore.test(before);
  switch (sign) {
    case '>=':
    case '≥':
      return isNumberNext || isBetween ? 'atLeast' : null;
    case '<=':
    case '≤':
      return isNumberNext || isBetween ? 'atMost' : null;
    case '>':
      if (isNumberNext && !isNumberBefore) return 'over';
      if (isBetween && isSpacedBefore && /^\p{Lu}\p{L}{2}/u.test(next)) return 'pause';
      return isBetween ? 'greater' : null;
    case '<':
      if (isNumberNext && !isNumberBefore) return 'under';
      return isBetween ? 'less' : null;
    case '=':
    case '==':
      return isBetween || (isNumberNext && operandBefore.test(before)) ? 'equals' : null;
    case '->':
    case '=>':
    case '-->':
    case '==>':
      return isBetween ? 'to' : null;
    case '+':
      if (isNumberNext && (isNumberBefore || isSpacedBefore || before === '' || /[(/:;,=<>]$/.test(before)))
        return 'plus';
      if (isNumberBefore && !isSpacedBefore && !operandNext.test(next)) return 'plus';
      return isBetween && isSpacedBefore && isSpacedNext ? 'plus' : null;
    case '%':
      return isNumberBefore ? 'percent' : null;
    case '×':
      return isBetween ? 'times' : null;
    case '*':
      return isNumberBefore && isNumberNext ? 'times' : null;
    case '÷':
      return isBetween ? 'dividedBy' : null;
    case '±':
      return 'plusMinus';
    case '~':
    case '≈':
      return isNumberNext && !isNumberBefore ? 'about' : null;
    case '−':
      return isNumberNext || isBetween ? 'minus' : null;
    default:
      return meaningOfDash(sign, around, startsLine);
  }
}

/** A hyphen or an en dash is a minus, a range, or neither. */
function meaningOfDash(
  sign: string,
  { before, next, isSpacedBefore, isSpacedNext }: Surroundings,
  startsLine: boolean,
): SymbolName | null {
  const isBalanced = isSpacedBefore === isSpacedNext;
  const isSpaced = isSpacedBefore && isSpacedNext;
  if (!numberNext.test(next)) {
    const isDays = isBalanced && dayBefore(before) && isCalendarName(`${next} `, 0) === true;
    return isDays && (sign === '–' || isSpaced) ? 'to' : null;
  }
  if (numberBefore.test(before)) {
    if (!isBalanced) return isSpacedBefore ? 'minus' : null;
    // A hyphen between digits is as often a telephone number or a date as a range.
    if (sign === '-' && !isSpaced) return null;
    if (/^[\d.,]{1,12}\s?=/.test(next)) return 'minus';
    const isCode = isCodeBefore.test(before) || isCodeNext.test(next) || isTelephone(before, next);
    return isCode ? null : 'to';
  }
  const isOpened = before === '' || /[,;:(=<>≥≤±~+*/]$/.test(before);
  if (!isSpacedNext) return isSpacedBefore || isOpened ? 'minus' : null;
  if (sign === '–') return isOpened && unitNext.test(next) ? 'minus' : null;
  // A chunk that begins within a line follows a mark or a clause.
  if (isOpened) return before === '' && startsLine && !unitNext.test(next) ? null : 'minus';
  return isSpacedBefore && (unitNext.test(next) || beforeNumber.test(before)) ? 'minus' : null;
}

function dayBefore(before: string): boolean {
  const word = /\p{L}{3,9}\.?$/u.exec(before)?.[0] ?? '';
  return /^\p{Lu}/u.test(word) && isCalendarName(`${word} `, 0) === true;
}

function isTelephone(before: string, next: string): boolean {
  return /(?<!\d)\d{3}$/.test(before) && /^\d{4}(?!\d)/.test(next);
}

function surroundings(text: string, at: number, length: number): Surroundings {
  const left = text.slice(Math.max(0, at - lookAround), at);
  const right = text.slice(at + length, at + length + lookAround);
  const before = left.slice(left.lastIndexOf('\n') + 1);
  const newline = right.indexOf('\n');
  const next = newline < 0 ? right : right.slice(0, newline);
  return {
    before: before.trimEnd(),
    next: next.trimStart(),
    isSpacedBefore: /\s$/.test(before),
    isSpacedNext: /^\s/.test(next),
  };
}
