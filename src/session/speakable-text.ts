/**
 * From text as it is written to text as it is sent to the voice, and back: which part of the written text has been said
 * when the voice has come so far.
 *
 * Only what voices say badly is changed: markdown is taken out, addresses are spelled in words, emoji and ornaments are
 * left out, a lone "&" becomes "and". Numbers, dates, currency, percentages, abbreviations and the numbers of list items
 * stay as they are, since every voice has rules of its own for them. Tags like `<break time="1s"/>` stay too: some voices
 * obey them. What one voice alone needs (letters that it does not know, pieces that it can take) is its provider's
 * business.
 */
import { sayEmail, sayUrl } from './spoken-address.js';
import { symbolWords } from './symbol-words.js';
import { kindOf } from './text-characters.js';

/** E-mail and web addresses, also in angle brackets. Punctuation behind an address is not part of it. */
const email = /<?(?:mailto:)?[\p{L}\p{N}._%+-]{0,63}[\p{L}\p{N}_%+-]@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}>?/u;
const link =
  /<?(?:[Hh]ttps?:\/\/|(?<![\p{L}\p{N}])[Ww]ww\.)[^\s<>()[\]"'`*，。、]*[^\s<>()[\]"'`*，。、.,;:!?_~]>?/u;
/** A host without anything before it is taken for one only under a common top-level domain, not in "Yes.It is". */
const host =
  /(?<![\p{L}\p{N}@._/-])(?:[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?\.)+(?:com|org|net|edu|gov|info|io|dev|app|eu|uk|de|fr|es|it|nl|at|ch)(?![\p{L}\p{N}@-]|\.[\p{L}\p{N}])(?:[/?#](?:[^\s<>()[\]"'`*，。、]*[^\s<>()[\]"'`*，。、.,;:!?_~])?)?/u;

/** What is left out, in the order in which it is looked for. */
const silent = [
  // Lines that only draw a rule, or the head of a table; the fences of code blocks.
  /^[ \t]*(?:[-*_=][ \t]*){3,}$/,
  /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$/,
  /^[ \t]*(?:`{3,}|~{3,})[\w+-]*[ \t]*$/,
  // The markers of headings, quotations and list items (but not their numbers), and the outer edges of tables.
  /^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•◦‣][ \t]+(?:\[[ xX]\][ \t]+)?)+/,
  /^[ \t]*\|[ \t]*|[ \t]?\|[ \t]*$/,
  // What is round the text of a link or a picture.
  /!?\[(?=[^[\]\n]*\]\()/,
  /\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"\n]*")?\)/,
  /`+/,
  // Emphasis. A star between spaces or letters is arithmetic, an underscore within a word is part of it.
  /\*\*+|~~|(?<=^|[\s\p{P}])\*(?=\S)|(?<=\S)\*(?=$|[\s\p{P}])|(?<![\p{L}\p{N}])_+(?=\S)|(?<=\S)_+(?![\p{L}\p{N}])/u,
  // Pictures, flags, keycaps and their joiners, arrows, boxes and other ornaments; not "©", "™" and the like.
  /[ \t]?(?:(?![\d#*©®™])\p{Emoji}|\p{Emoji_Modifier}|\u200d|\ufe0e|\ufe0f|\u20e3|[\u2190-\u21ff\u2500-\u27bf\u2b00-\u2bff•◦‣])+/u,
];

const source = (pattern: RegExp): string => pattern.source;
const changes = new RegExp(
  [
    `(?<email>${source(email)})`,
    `(?<url>${source(link)}|${source(host)})`,
    // A character behind a backslash stands for itself.
    `\\\\(?<escaped>[\\p{P}\\p{S}])`,
    `(?<silent>${silent.map(source).join('|')})`,
    `(?<cell>[ \\t]?\\|[ \\t]?)`,
    `(?<=^|\\s)(?<and>&)(?=\\s|$)`,
    `(?<blank>\\s{2,}|\\n)`,
  ].join('|'),
  'gmu',
);

type Change = 'email' | 'url' | 'escaped' | 'silent' | 'cell' | 'and' | 'blank';

/** Text as it is written, and what is said of it. */
export class SpeakableText {
  readonly written: string;
  /** Goes to the voice, without white space round it; empty if there is nothing to say. */
  readonly spoken: string;
  /** For each character of `spoken`, where what it stands for begins in `written`. */
  readonly #origins: readonly number[];

  /** `language` (BCP 47) is that of the words that symbols become; they stay where the text is in another script. */
  constructor(written: string, language = 'en') {
    this.written = written;
    let spoken = '';
    const origins: number[] = [];
    const say = (text: string, from: number, step: 0 | 1): void => {
      // What is left out must not leave two spaces behind.
      const skipped = /^\s/.test(text) && (spoken === '' || spoken.endsWith(' ')) ? leadingBlanks(text) : 0;
      spoken += text.slice(skipped);
      for (let index = skipped; index < text.length; index++) origins.push(from + index * step);
    };
    const words = isLatin(written) ? symbolWords(language) : null;
    let at = 0;
    for (const match of written.matchAll(changes)) {
      say(written.slice(at, match.index), at, 1);
      at = match.index + match[0].length;
      const groups = match.groups as Readonly<Partial<Record<Change, string>>>;
      if (groups.email !== undefined) say(sayEmail(bare(groups.email), words), match.index, 0);
      else if (groups.url !== undefined) say(sayUrl(bare(groups.url), words), match.index, 0);
      else if (groups.escaped !== undefined) say(groups.escaped, match.index, 0);
      else if (groups.cell !== undefined) say(', ', match.index, 0);
      else if (groups.and !== undefined) say(words?.and ?? '&', match.index, 0);
      else if (groups.blank !== undefined) say(' ', match.index, 0);
    }
    say(written.slice(at), at, 1);
    this.spoken = hasWords(spoken) ? spoken.trim() : '';
    // They hold for the trimmed text as well, since `say` puts no white space first.
    this.#origins = origins;
  }

  /**
   * The written text up to where the voice has come when it has said `length` characters; words that are written in one
   * piece count when they were said in full.
   */
  writtenUpTo(length: number): string {
    if (length <= 0) return '';
    if (length >= this.spoken.length) return this.written;
    let end = this.#origins[length] ?? this.written.length;
    while (end > 0 && !isWordEdge(this.written, end)) end--;
    return this.written.slice(0, end);
  }
}

function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** Whether symbols may be said in words of the Latin script: there is no letter of another. */
function isLatin(text: string): boolean {
  return !/(?![\p{Script=Latin}\p{Script=Common}])\p{L}/u.test(text);
}

function leadingBlanks(text: string): number {
  return text.length - text.trimStart().length;
}

function bare(address: string): string {
  return address.replace(/^<?(?:mailto:)?|>$/gi, '');
}

/** Whether a word ends or begins at `at`: there is white space, or a letter of a script that has none. */
function isWordEdge(text: string, at: number): boolean {
  return isEdge(text, at - 1) || isEdge(text, at);
}

function isEdge(text: string, at: number): boolean {
  const kind = kindOf(text.charCodeAt(at));
  return kind === 'space' || kind === 'newline' || kind === 'unspaced';
}
