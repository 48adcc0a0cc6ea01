/**
 * Finds where sentences and clauses end. Each rule reads one mark and returns where the chunk would end, with the white
 * space after it; `none` if no chunk ends there; or `undecided` if it needs more text ("3." may become "3.30"). More
 * text never changes a decision, so cuts do not depend on how the text arrived.
 */
import { endsWithDayName, isCalendarName, isInnerStop } from './abbreviations.js';
import { isBlockTag, tagEnd } from './inline-markup.js';
import { endsInHalfPair, kindOf } from './text-characters.js';

export type Boundary = number | 'none' | 'undecided';

/**
 * Maximum length of a run of marks or spaces, so that a text of only dots is not read again with each token. Text after
 * a longer run counts as a new start.
 */
const longestRun = 100;
const stops = /[\p{Sentence_Terminal}…]{1,100}/uy;
const spacedStops = /^[.!?…]+$/;
/** After a mark that is followed by a space, any quotation mark closes, also “ as in German. */
const closers = /[\p{Pe}\p{Pf}\p{Pi}"'*_`~]{1,100}/uy;
/**
 * Without a required space, the quotation mark of the next sentence may follow directly, so only paired closers count.
 */
const pairedClosers = /[\p{Pe}\p{Pf}"'*_`~]{1,100}/uy;
const blanks = /\s{1,100}/y;
/** The end of a line and a blank line. */
const blankLine = /[^\S\n]{0,100}\n[^\S\n]{0,100}\n/y;

/** Sentences with which answers begin: the mark behind them nearly always ends them. */
const openers = new Set(
  (
    'sure,of course,certainly,absolutely,definitely,great,good,perfect,wonderful,excellent,lovely,all right,alright,' +
    'got it,all done,no problem,sounds good,thanks,thank you,sorry,hello,good morning,good afternoon,good evening,' +
    'gerne,natürlich,selbstverständlich,einen moment,bien sûr,certainement,d’accord,très bien,por supuesto,muy bien,' +
    'va bene'
  ).split(','),
);
/** The longest of them, with white space before it. */
const longestOpener = 30;

/** Whether the text up to the mark at `at` is a sentence with which answers begin, as far as the text has arrived. */
export function isOpener(text: string, at: number): boolean {
  if (at > longestOpener || !/[.!]/.test(text.charAt(at)) || !/^\s?$/.test(text.charAt(at + 1))) return false;
  return openers.has(text.slice(0, at).trimStart().toLowerCase().replaceAll("'", '’'));
}

/** A whole word of letters. */
const lastWord = /(?:^|\s)([\p{L}\p{M}’'-]+)$/u;
/** The longest word that is looked at. */
const longestLastWord = 40;

/**
 * Whether a comma at `at` ends a clause, as far as the text has arrived: not within a number, an address or a quotation,
 * and not before a date.
 */
export function isCertainClause(text: string, at: number): boolean {
  if (text[at] !== ',' || !/^\s?$/.test(text.charAt(at + 1))) return false;
  const [, word] = lastWord.exec(text.slice(Math.max(0, at - longestLastWord), at)) ?? [];
  if (word === undefined || /["“«]/.test(text.slice(0, at))) return false;
  return !endsWithDayName(text, at) && isCalendarName(text, at - word.length) !== true;
}

/** Sentence marks at `at`. `usesCapitals`: whether sentences begin with a capital letter in this text. */
export function sentenceBoundary(text: string, at: number, usesCapitals: boolean): Boundary {
  const marksEnd = endOf(stops, text, at);
  const marks = text.slice(at, marksEnd);
  const spaced = spacedStops.test(marks);
  const closed = endOf(spaced ? closers : pairedClosers, text, marksEnd);
  if (closed === marksEnd && isCertainEnd(text, at, marks)) return closed + 1;
  const paragraph = endOf(blankLine, text, closed);
  if (paragraph > closed) return paragraph;
  const gap = gapAt(text, closed);
  if (gap === 'undecided' || isOpenEnd(text, gap.end)) return 'undecided';
  const next = gap.end;
  if (!gap.separates) {
    if (!spaced) return isBetweenDigits(text, at, closed) ? 'none' : next;
    return isUnspaced(text, at - 1) && isUnspaced(text, next) ? next : 'none';
  }
  if (text[next] === '»') {
    // With a space on both sides it is French and closes a quotation; with a space only before it, it is German and
    // opens one.
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
  // "March 3, 2025" and "Monday, March 3" are dates; "1, 2, 3" is a list of numbers.
  if (/\d/.test(text[next] ?? '')) return 'none';
  if (!endsWithDayName(text, at)) return next;
  const isDate = isCalendarName(text, next);
  if (isDate === 'undecided') return isDate;
  return isDate ? 'none' : next;
}

/** A line break or a block tag at `at`. */
export function lineBoundary(text: string, at: number): Boundary {
  const paragraph = endOf(blankLine, text, at);
  if (paragraph > at) return paragraph;
  const gap = gapAt(text, at);
  return gap === 'undecided' || gap.end >= text.length ? 'undecided' : gap.end;
}

/** Whether `text` ends a line, so the next text begins one. */
export function endsLine(text: string): boolean {
  const trimmed = text.trimEnd();
  if (text.slice(trimmed.length).includes('\n')) return true;
  return trimmed.endsWith('>') && isBlockTag(trimmed.slice(trimmed.lastIndexOf('<')));
}

/** End of the white space and tags at `from`, and whether they separate words; `</b>` alone does not. */
function gapAt(text: string, from: number): { end: number; separates: boolean } | 'undecided' {
  let end = from;
  let separates = false;
  while (end - from < longestRun) {
    const blank = endOf(blanks, text, end);
    separates ||= blank > end;
    end = blank;
    if (text[end] !== '<') break;
    const behind = tagEnd(text, end);
    if (behind === 'undecided') return behind;
    if (behind === end) break;
    separates ||= isBlockTag(text.slice(end, behind));
    end = behind;
  }
  return { end, separates };
}

/**
 * Whether the white space after "!" or "?" ends the sentence for certain. Not if a space precedes it: that is French,
 * and » may follow.
 */
function isCertainEnd(text: string, at: number, marks: string): boolean {
  return /^[!?]+$/.test(marks) && !/\s/.test(text[at - 1] ?? ' ') && /\s/.test(text[at + marks.length] ?? '');
}

function isEllipsis(marks: string): boolean {
  return marks.startsWith('..') || marks.startsWith('…');
}

/** Whether the character at `at` has not arrived, or only half of its surrogate pair. */
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
