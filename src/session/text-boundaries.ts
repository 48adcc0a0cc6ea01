/**
 * Where sentences and clauses end. Each rule looks at one mark in the text and says where the chunk would end, the white
 * space behind it included; that none ends there; or that more text must come first ("3." may become "3.30"). What a rule
 * has said once it says whatever comes later, so cuts do not depend on how the text arrived.
 */
import { endsWithDayName, isCalendarName, isInnerStop } from './abbreviations.js';
import { endsInHalfPair, kindOf } from './text-characters.js';

export type Boundary = number | 'none' | 'undecided';

const stops = /[\p{Sentence_Terminal}…]+/uy;
const spacedStops = /^[.!?…]+$/;
/** Right behind a mark with a space after it, any quotation mark closes, also “ as in German. */
const closers = /[\p{Pe}\p{Pf}\p{Pi}"'*_`~]+/uy;
/** Where no space is needed, what opens the next sentence may stand there too. */
const pairedClosers = /[\p{Pe}\p{Pf}"'*_`~]+/uy;
const blanks = /\s+/y;

/** Sentence marks at `at`. `usesCapitals`: whether sentences begin with a capital letter in this text. */
export function sentenceBoundary(text: string, at: number, usesCapitals: boolean): Boundary {
  const marksEnd = endOf(stops, text, at);
  const marks = text.slice(at, marksEnd);
  const spaced = spacedStops.test(marks);
  const closed = endOf(spaced ? closers : pairedClosers, text, marksEnd);
  const next = endOf(blanks, text, closed);
  if (isOpenEnd(text, next)) return 'undecided';
  if (next === closed) {
    if (!spaced) return isBetweenDigits(text, at, closed) ? 'none' : next;
    return isUnspaced(text, at - 1) && isUnspaced(text, next) ? next : 'none';
  }
  if (text[next] === '»') {
    // A space before it is French, and closes what was said; one before but none after is German, and opens.
    if (isOpenEnd(text, next + 1)) return 'undecided';
    if (/\s/.test(text[next + 1] ?? '')) {
      const behind = endOf(blanks, text, next + 1);
      return isOpenEnd(text, behind) ? 'undecided' : behind;
    }
  }
  if (marks === '.') {
    const inner = isInnerStop(text, at, next, usesCapitals);
    if (inner === 'undecided') return inner;
    return inner ? 'none' : next;
  }
  // "Let me… see", and "Really?" she said.
  const goesOn = usesCapitals && /^\p{Ll}/u.test(text.slice(next, next + 2));
  return spaced && goesOn && (isEllipsis(marks) || closed > marksEnd) ? 'none' : next;
}

/** A comma, colon, semicolon or ellipsis at `at`, or a dash with space around it. */
export function clauseBoundary(text: string, at: number): Boundary {
  const kind = kindOf(text.charCodeAt(at));
  if (kind === 'dash' && !/\s/.test(text[at - 1] ?? '')) return 'none';
  const marksEnd = kind === 'spaced_stop' ? endOf(stops, text, at) : at + 1;
  const closed =
    kind === 'dash' ? marksEnd : endOf(kind === 'comma' ? pairedClosers : closers, text, marksEnd);
  const next = endOf(blanks, text, closed);
  if (isOpenEnd(text, next)) return 'undecided';
  if (kind === 'comma') return isBetweenDigits(text, at, next) ? 'none' : next;
  if (next === closed) return isUnspaced(text, at - 1) && isUnspaced(text, next) ? next : 'none';
  if (kind !== 'spaced_comma') return next;
  // "March 3, 2025" and "Monday, March 3" are dates, "1, 2, 3" is a row of numbers.
  if (/\d/.test(text[next] ?? '')) return 'none';
  if (!endsWithDayName(text, at)) return next;
  const isDate = isCalendarName(text, next);
  if (isDate === 'undecided') return isDate;
  return isDate ? 'none' : next;
}

/** A line break at `at`. */
export function lineBoundary(text: string, at: number): Boundary {
  const next = endOf(blanks, text, at);
  return next < text.length ? next : 'undecided';
}

function isEllipsis(marks: string): boolean {
  return marks.startsWith('..') || marks.startsWith('…');
}

/** Whether what stands at `at` has not come yet, or only half of it. */
function isOpenEnd(text: string, at: number): boolean {
  return at >= text.length || (at === text.length - 1 && endsInHalfPair(text));
}

function isBetweenDigits(text: string, at: number, next: number): boolean {
  return /\p{Nd}/u.test(text[at - 1] ?? '') && /\p{Nd}/u.test(text[next] ?? '');
}

function isUnspaced(text: string, at: number): boolean {
  return at >= 0 && at < text.length && kindOf(text.charCodeAt(at)) === 'unspaced';
}

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}
