/**
 * The text that a reader sees on a screen: without tags, with entities like `&amp;` decoded, and without invisible
 * characters (soft hyphens, zero-width spaces, directional marks).
 */
import { isBlockTag, tag } from './inline-markup.js';

export interface VisibleText {
  readonly text: string;
  /** For each UTF-16 code unit of `text`, the index of its source in the written text. */
  readonly origins: readonly number[];
}

/**
 * Common entities. Accented letters ("&eacute;") are composed from `accents`; numeric entities work for any character.
 */
const entities: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ensp: ' ', emsp: ' ', thinsp: ' ' },
  ...{ NonBreakingSpace: ' ', numsp: ' ', hairsp: ' ', ndash: '–', mdash: '—', minus: '−', hellip: '…' },
  ...{ shy: '', ZeroWidthSpace: '', NoBreak: '', zwj: '', zwnj: '', lrm: '', rlm: '' },
  ...{ lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„', laquo: '«', raquo: '»' },
  ...{ copy: '©', reg: '®', trade: '™', deg: '°', euro: '€', pound: '£', yen: '¥', cent: '¢', sect: '§' },
  ...{ plusmn: '±', times: '×', divide: '÷', le: '≤', ge: '≥', ne: '≠', asymp: '≈', rarr: '→', larr: '←' },
  ...{ frac12: '½', frac14: '¼', frac34: '¾', bull: '•', middot: '·', szlig: 'ß', oslash: 'ø', aelig: 'æ' },
  ...{ Oslash: 'Ø', AElig: 'Æ', oelig: 'œ', iexcl: '¡', iquest: '¿', sup2: '²', sup3: '³', micro: 'µ' },
};
const accents: Readonly<Record<string, string>> = {
  ...{ acute: '\u0301', grave: '\u0300', circ: '\u0302', uml: '\u0308', tilde: '\u0303' },
  ...{ cedil: '\u0327', ring: '\u030a', caron: '\u030c' },
};

const entity = /&(?:#(?<decimal>\d{1,7})|#[xX](?<hex>[\da-fA-F]{1,6})|(?<name>[A-Za-z]{2,16}\d{0,2}));/;
/** Joiners have a meaning within words of Arabic or Indic scripts. */
const shapeless =
  /(?![\t-\r])\p{Cc}|(?![\u0600-\u0605\u06dd\u200c\u200d])\p{Cf}|[\u034f\u2800\u3164\uffa0\ufffc\ufffd]|(?<![\p{L}\p{M}])[\u200c\u200d]|(?<=[\p{Script=Latin}\p{Script=Common}])[\u200c\u200d]/u;
export const unseen = new RegExp(`(?<tag>${tag.source})|${entity.source}|(?<gone>${shapeless.source})`, 'gu');

/** Text may be escaped more than once, as in "&amp;nbsp;" or "&lt;br&gt;". */
const mostPasses = 3;

/** The visible part of `written`. */
export function visibleText(written: string): VisibleText {
  let seen = once(written);
  for (let pass = 1; pass < mostPasses && seen.text !== written && seen.text.search(unseen) >= 0; pass++) {
    const { text, origins } = once(seen.text);
    const before = seen.origins;
    seen = { text, origins: origins.map((index) => before[index] ?? written.length) };
  }
  return seen;
}

function once(written: string): VisibleText {
  let text = '';
  const origins: number[] = [];
  const add = (piece: string, from: number, step: 0 | 1): void => {
    text += piece;
    for (let index = 0; index < piece.length; index++) origins.push(from + index * step);
  };
  let at = 0;
  for (const match of written.matchAll(unseen)) {
    add(written.slice(at, match.index), at, 1);
    at = match.index + match[0].length;
    const groups = match.groups as Readonly<Partial<Record<'tag' | 'gone', string>>>;
    if (groups.gone !== undefined) continue;
    if (groups.tag !== undefined) add(isBlockTag(groups.tag) ? '\n' : '', match.index, 0);
    else add(meaningOf(match), match.index, 0);
  }
  add(written.slice(at), at, 1);
  return { text, origins };
}

/** The characters of an entity; an unknown one stays as written. */
function meaningOf({ 0: written, groups = {} }: RegExpMatchArray): string {
  const { decimal, hex, name = '' } = groups as Readonly<Partial<Record<'decimal' | 'hex' | 'name', string>>>;
  if (decimal !== undefined || hex !== undefined) {
    const point = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    const isCharacter = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
    const character = isCharacter ? String.fromCodePoint(point) : '';
    return shapeless.test(character) ? '' : character;
  }
  const known = entityOf(name) ?? (name === name.toUpperCase() ? entityOf(name.toLowerCase()) : null);
  if (known !== null) return known;
  const mark = accents[name.slice(1)];
  return mark === undefined ? written : (name.charAt(0) + mark).normalize('NFC');
}

function entityOf(name: string): string | null {
  return Object.hasOwn(entities, name) ? (entities[name] ?? null) : null;
}
