/** Full stops that end no sentence: abbreviations of the larger European languages, initials, ordinals, list numbers. */

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Short forms that something always follows: titles, and words that lead to an example or a comparison. */
const leading = words(
  'mr mrs ms dr prof st vs approx dept gen capt lt sgt rev hon gov sen mt ' +
    'hr fr frl dipl ing bzw evtl ggf vgl sog geb inkl exkl ' +
    'mme mlle sra srta dn dña avda aprox dra sig dott avv spett mej mevr dhr drs bijv incl excl resp',
);

/** Short forms that stand inside a sentence as often as at its end: what follows decides. */
const trailing = words(
  'etc min max inc ltd co corp jr sr a.m p.m b.c a.d ph.d usw u.s.w ecc enz eds cia s.a s.l',
);

/** Short forms of "number", "page" and the like, but only before a number: "No. 5" is a number, "No. Sorry." an answer. */
const numbering = words('no nos nr nro núm num vol fig ch pp pág art abs kap bd sec ext apt tel ca');

/** How names of months and days begin in the languages that write them with a capital letter. */
const calendarNames = words(
  'jan feb mar mär apr mai may jun jul aug sep okt oct nov dez dec mon tue wed thu fri sat sun',
);

/** German words before an ordinal: "am 3. Termin". */
const beforeOrdinal = /(?:^|\s)(?:am|der|die|das|den|dem|des|zum|zur|vom|beim|im|bis|ab|seit)\s+\d{1,2}$/i;
const initials = /^(?:[\p{Lu}\p{Ll}]\.)*[\p{Lu}\p{Ll}]$/u;
const listNumber = /^[\s*_]*\d{1,3}$/;
const numberedItem = /^[\s*_]*\d{1,3}[.)]\s/;

/**
 * Whether the full stop at `at` stands inside a sentence, where white space and then `next` follow. Undecided until as
 * much of the following word has come as it takes. `usesCapitals`: whether sentences begin with a capital letter here.
 */
export function isInnerStop(
  text: string,
  at: number,
  next: number,
  usesCapitals: boolean,
): boolean | 'undecided' {
  const before = text.slice(0, at);
  const word = (/\S+$/.exec(before)?.[0] ?? '').toLowerCase().replace(/^[^\p{L}\p{N}]+/u, '');
  const following = text.slice(next, next + 2);
  if (listNumber.test(before) || leading.has(word)) return true;
  if (numbering.has(word) && /^\p{N}/u.test(following)) return true;
  if (word === 'no') return false;
  if (usesCapitals && /^\p{Ll}/u.test(following)) return true;
  if (trailing.has(word)) return /^\p{Ll}/u.test(following) || isCalendarName(text, next);
  if (initials.test(word)) return true;
  if (!/^\d{1,2}$/.test(word)) return false;
  return numberedItem.test(before) || beforeOrdinal.test(before) || isCalendarName(text, next);
}

/** Whether the word at `start` begins like the name of a month or a day; three letters tell. */
export function isCalendarName(text: string, start: number): boolean | 'undecided' {
  const letters = (/^\p{L}*/u.exec(text.slice(start, start + 3))?.[0] ?? '').toLowerCase();
  if (letters.length === 3 || start + letters.length < text.length) return calendarNames.has(letters);
  for (const name of calendarNames) if (name.startsWith(letters)) return 'undecided';
  return false;
}

/** Whether what stands before `at` ends with the English name of a day, which a date may follow. */
export function endsWithDayName(text: string, at: number): boolean {
  return /(?:mon|tues|wednes|thurs|fri|satur|sun)day$/i.test(text.slice(Math.max(0, at - 9), at));
}

/** Whether text is no more than the number of a list item whose text is still to come. */
export function isListNumber(text: string): boolean {
  return /^[\s*_]*\d{1,3}[.)]?[\s*_]*$/.test(text);
}
