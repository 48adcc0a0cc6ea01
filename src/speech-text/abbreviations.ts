/**
 * Full stops that do not end a sentence: abbreviations of the larger European languages, initials, ordinals, list
 * numbers.
 */

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Abbreviations that never end a sentence: titles, and words that introduce an example or a comparison. */
const leading = words(
  'mr mrs ms dr prof vs approx dept gen capt lt col sgt rev hon gov sen e.g i.e cf incl excl esp ' +
    'hr fr frl dipl ing bzw evtl ggf vgl sog geb inkl exkl ' +
    'mme mlle mgr sra srta dn dña avda aprox dra sig dott avv spett mej mevr dhr drs bijv resp env',
);

/** Abbreviations that mostly end a sentence if a capital letter follows: "at 9 a.m. Please come". */
const trailing = words(
  'etc min max inc ltd co corp a.m p.m b.c a.d ph.d usw u.s.w ecc enz eds cia s.a s.l std mio mrd tsd hrs mins secs',
);

/**
 * Parts of names. A capital letter continues the name ("St. Mary"), except in words that start sentences ("Main St.
 * We").
 */
const inNames = words('st mt ft ave blvd rd sq jr sr sra nat natl intl assn univ ee uu');

/** Abbreviations of "number", "page" and the like, only before a number: "No. 5", unlike "No. Sorry." */
const numbering = words(
  'no nos nr nro núm num vol fig ch chap pp pg pág art abs kap bd sec ext apt tel ca rm ste str flt',
);

/** First three letters of months and days in languages that capitalise them. */
const calendarNames = words(
  'jan feb mar mär apr mai may jun jul aug sep okt oct nov dez dec mon tue wed thu fri sat sun',
);

/** Abbreviated months and days. `smallMonths` count without a capital letter, but only after the number of a day. */
const shortDates = words(
  'jan feb mar mär mrz apr jun jul aug sep sept oct okt nov dec dez mon tue tues wed thu thur thurs fri sat sun ' +
    'mo di mi do sa so',
);
/** Those that are other words if they have no capital letter. */
const notShort = words('sun sat wed mar mo di mi do sa so');
const smallMonths = words(
  'jan janv feb févr fev mar mrt abr apr avr mag mai may mei jun juin giu jul juil lug ago août aug sep sept set ' +
    'oct out ott okt nov dic dez dec déc ene gen',
);

/** Words besides a day that may follow "9 a.m." in the same sentence. */
const timeZones = words(
  'est edt et cst cdt ct mst mdt mt pst pdt pt akst hst ast utc gmt bst ist cet cest eet eest wet west msk jst kst ' +
    'sgt hkt aest aedt acst awst nzst nzdt alaska hawaii atlantic eastern pacific central mountain greenwich zulu sharp',
);

/** Words that begin a sentence but not a name. */
const starters = words(
  'the this that these those it its he she we they there their your our you please thanks thank would could should what ' +
    'when where which who why how if is are was does did shall however also then and but or i ' +
    'bitte wir ich sie der das dies unser unsere ihr ihre und aber oder wann wie ' +
    'nous vous merci elle mais usted ustedes nosotros gracias pero grazie noi obrigado obrigada dank wij bedankt',
);
const longestName = 12;

/** German words before an ordinal: "am 3. Termin". */
const beforeOrdinal =
  /(?:^|\s)(?:am|der|die|das|den|dem|des|zum|zur|vom|beim|im|bis|ab|seit)\s{1,4}\d{1,2}$/i;
const initials = /^(?:[\p{Lu}\p{Ll}]\.)*[\p{Lu}\p{Ll}]$/u;
const listNumber = /^[\s*_]*\d{1,3}$/;
const numberedItem = /^[\s*_]*\d{1,3}[.)]\s/;
const isLetter = /\p{L}/u;

/** Maximum length of an abbreviation with its context before it. */
const longestWord = 40;

/**
 * Whether the full stop at `at` is inside a sentence. White space follows it, then text from `next`. Undecided until
 * enough of the following word has arrived. `usesCapitals`: whether sentences in this text begin with a capital letter.
 */
export function isInnerStop(
  text: string,
  at: number,
  next: number,
  usesCapitals: boolean,
): boolean | 'undecided' {
  const before = text.slice(Math.max(0, at - longestWord), at);
  const written = wordBefore(before, before.length);
  const word = written.toLowerCase();
  const following = text.slice(next, next + 2);
  const isListItem = at < longestWord && listNumber.test(before);
  if (isListItem || leading.has(word)) return true;
  const isNumberNext = /^[#(]?\p{N}/u.test(following);
  if (isNumberNext && (numbering.has(word) || word.endsWith('str'))) return true;
  if (word === 'no') return false;
  if (isShortDate(before, written, usesCapitals)) {
    if (isNumberNext) return true;
    if (/^\p{L}/u.test(following) && !/^\p{Ll}/u.test(following)) return isCalendarName(text, next);
  }
  if (usesCapitals && /^\p{Ll}/u.test(following)) return true;
  if (trailing.has(word)) {
    if (/^\p{Ll}/u.test(following)) return true;
    // "9 a.m. (EST)".
    const zoneAt = text[next] === '(' ? next + 1 : next;
    return either(isCalendarName(text, next), isTime(word) && nextWordIsOf(timeZones, text, zoneAt));
  }
  if (initials.test(word) || inNames.has(word)) {
    if (!/^\p{Lu}/u.test(following)) return !/^[¿¡]/.test(following);
    return not(nextWordIsOf(starters, text, next));
  }
  if (!/^\d{1,2}$/.test(word)) return false;
  const isNumbered = numberedItem.test(text.slice(0, longestWord));
  return isNumbered || beforeOrdinal.test(before) || isCalendarName(text, next);
}

/** Whether the word at `start` begins like a month or a day; three letters decide. */
export function isCalendarName(text: string, start: number): boolean | 'undecided' {
  const letters = (/^\p{L}*/u.exec(text.slice(start, start + 3))?.[0] ?? '').toLowerCase();
  if (letters.length === 3 || start + letters.length < text.length) return calendarNames.has(letters);
  for (const name of calendarNames) if (name.startsWith(letters)) return 'undecided';
  return false;
}

/** Whether the text before `at` ends with an English day name, which a date may follow. */
export function endsWithDayName(text: string, at: number): boolean {
  return /(?:mon|tues|wednes|thurs|fri|satur|sun)day$/i.test(text.slice(Math.max(0, at - 9), at));
}

/** Whether the text is only the number of a list item. */
export function isListNumber(text: string): boolean {
  return text.length < longestWord && /^[\s*_]*\d{1,3}[.)]?[\s*_]*$/.test(text);
}

/** Whether a full stop after `text` may belong to an abbreviation in the middle of a sentence. */
export function endsInAbbreviation(text: string): boolean {
  const before = text.slice(-longestWord);
  const written = wordBefore(before, before.length);
  const word = written.toLowerCase();
  return (
    [leading, trailing, inNames, numbering, shortDates, smallMonths].some((known) => known.has(word)) ||
    initials.test(word) ||
    /^\d+$/.test(word)
  );
}

/** The word that ends at `end`, without opening punctuation. */
function wordBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && !/\s/.test(text.charAt(start - 1))) start--;
  while (start < end && !/[\p{L}\p{N}]/u.test(text.charAt(start))) start++;
  return text.slice(start, end);
}

/** "Dec" with a capital letter, or "dec" after a number: "sun" and "mar" are also other words. */
function isShortDate(before: string, written: string, usesCapitals: boolean): boolean {
  const word = written.toLowerCase();
  const isName = written !== word || (!usesCapitals && !notShort.has(word));
  if (isName && shortDates.has(word)) return true;
  return smallMonths.has(word) && /\d{1,2}\.?\s{1,4}(?:de\s{1,4})?$/.test(before.slice(0, -written.length));
}

function isTime(word: string): boolean {
  return word === 'a.m' || word === 'p.m';
}

/** Whether the word at `start` is in `known`; undecided while it may still become one. */
function nextWordIsOf(known: ReadonlySet<string>, text: string, start: number): boolean | 'undecided' {
  let end = start;
  while (end < text.length && end - start <= longestName && isLetter.test(text.charAt(end))) end++;
  const word = text.slice(start, end).toLowerCase();
  if (end === text.length && end - start <= longestName) {
    for (const one of known) if (one.startsWith(word)) return 'undecided';
    return false;
  }
  // "I." is an initial, "I" is a word.
  return known.has(word) && !(word.length === 1 && text[end] === '.');
}

function either(one: boolean | 'undecided', other: boolean | 'undecided'): boolean | 'undecided' {
  if (one === true || other === true) return true;
  return one === 'undecided' || other === 'undecided' ? 'undecided' : false;
}

function not(answer: boolean | 'undecided'): boolean | 'undecided' {
  return answer === 'undecided' ? answer : !answer;
}
