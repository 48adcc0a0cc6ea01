/**
 * Turns written text into spoken text for the voice, and maps a position in the spoken text back to the written text.
 *
 * Changes what voices say badly: removes markdown, tags and invisible characters, spells addresses in words, omits
 * emoji and ornaments, and turns signs like ">", "=" or "%" into words, as some voices skip them. Numbers, dates,
 * currency, abbreviations and list numbers stay, as every voice has its own rules for them. Whatever only one voice
 * needs (unknown letters, maximum lengths) belongs to its provider.
 */
import { sayEmail, sayUrl } from './spoken-address.js';
import { meaningOfSymbol, symbols } from './spoken-symbols.js';
import { symbolWords, type SymbolWords } from './symbol-words.js';
import { kindOf } from './text-characters.js';
import { visibleText, type VisibleText } from './visible-text.js';

/** E-mail and web addresses, also in angle brackets. Punctuation after an address is not part of it. */
const email =
  /<?(?:mailto:)?[\p{L}\p{N}._%+-]{0,63}[\p{L}\p{N}_%+-]@(?:[\p{L}\p{N}-]{1,63}\.){1,9}\p{L}{2,63}>?/u;
const link =
  /<?(?:[Hh]ttps?:\/\/|(?<![\p{L}\p{N}])[Ww]ww\.)[^\s<>()[\]"'`*，。、]*[^\s<>()[\]"'`*，。、.,;:!?_~]>?/u;
/** A bare host counts as an address only under a common top-level domain, so "Yes.It is" is none. */
const host =
  /(?<![\p{L}\p{N}@._/-])(?:[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?\.)+(?:com|org|net|edu|gov|info|io|dev|app|eu|uk|de|fr|es|it|nl|at|ch)(?![\p{L}\p{N}@-]|\.[\p{L}\p{N}])(?:[/?#](?:[^\s<>()[\]"'`*，。、]*[^\s<>()[\]"'`*，。、.,;:!?_~])?)?/u;

/** An arrow: spoken between two words, silent as an ornament. */
const arrow = /[ \t]{0,9}[→⇒⟶➔➜➝➞➡]\ufe0f?[ \t]{0,9}/u;

/** Text that is not spoken, in order of matching; `^` is the start of a line. */
const silent = [
  // Horizontal rules, the rule below a table's head, and the fences of code blocks.
  /^[ \t]{0,20}(?:[-*_=][ \t]{0,20}){3,}$/,
  /^[ \t]{0,20}(?:\|[ \t]{0,20})?:?-+:?[ \t]{0,20}(?:\|[ \t]{0,20}:?-+:?[ \t]{0,20})+\|?[ \t]{0,20}$/,
  /^[ \t]{0,20}(?:`{3,}|~{3,})[\w+-]*[ \t]{0,20}$/,
  // Markers of headings, quotations and list items (not their numbers), and the outer edges of tables. ">" before a
  // number is no quotation, and a negative temperature is no list item.
  /^[ \t]{0,20}(?:#{1,6}[ \t]{1,20}|>(?!=|[ \t]?[-−+.,]?[€$£¥]?[-−+.,]?\d)[ \t]?|(?!-[ \t]*[\d.,]{1,9}[ \t]?(?:°|[Dd]eg|[Gg]rad|[Cc]elsius|[Ff]ahrenheit))[-*+•◦‣][ \t]{1,20}(?:\[[ xX]\][ \t]{1,20})?)+/,
  /^[ \t]{0,20}\|[ \t]{0,20}|[ \t]?\|[ \t]{0,20}$/,
  // The syntax around the text of a link or a picture.
  /!?\[(?=[^[\]\n]*\]\()/,
  /\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"\n]*")?\)/,
  /`+/,
  // Emphasis. A star between spaces or letters is arithmetic; an underscore within a word belongs to the word.
  /\*\*+|~~|(?<=^|[\s\p{P}])\*(?=\S)|(?<=\S)\*(?=$|[\s\p{P}])|(?<![\p{L}\p{N}])_+(?=\S)|(?<=\S)_+(?![\p{L}\p{N}])/u,
  // Pictures, flags, keycaps and their joiners, arrows, boxes and other ornaments; not "©", "™" and the like.
  /[ \t]?(?:(?![\d#*©®™])\p{Emoji}|\p{Emoji_Modifier}|\ufe0e|\ufe0f|\u20e3|[\u2190-\u21ff\u2500-\u27bf\u2b00-\u2bff•◦‣])+/u,
];

const source = (pattern: RegExp): string => pattern.source;

/** `line`: pattern for the start of a line. Text that continues a line has no such start at its beginning. */
function changesWith(line: '^' | '(?<=[\\n\\r])'): RegExp {
  return new RegExp(
    [
      `(?<email>${source(email)})`,
      `(?<url>${source(link)}|${source(host)})`,
      // A character after a backslash stands for itself.
      `\\\\(?<escaped>[\\p{P}\\p{S}])`,
      `(?<arrow>${source(arrow)})`,
      `(?<silent>${silent.map((pattern) => source(pattern).replace(/^\^/, line)).join('|')})`,
      `(?<cell>[ \\t]?\\|[ \\t]?)`,
      `(?<=^|\\s)(?<and>&)(?=\\s|$)`,
      `(?<symbol>${source(symbols)})`,
      `(?<blank>\\s{2,}|\\n)`,
    ].join('|'),
    'gmu',
  );
}
/** Patterns for text that begins a line and for text that continues one. */
export const changes = { atLineStart: changesWith('^'), withinLine: changesWith('(?<=[\\n\\r])') } as const;

type Change = 'email' | 'url' | 'escaped' | 'arrow' | 'silent' | 'cell' | 'and' | 'symbol' | 'blank';

/** Written text and its spoken form. */
export class SpeakableText {
  readonly written: string;
  /** Text for the voice, without surrounding white space; empty if there is nothing to say. */
  readonly spoken: string;
  readonly #seen: VisibleText;
  /** For each character of `spoken`, the index of its source in the visible text. */
  readonly #origins: readonly number[];

  /**
   * `language` (BCP 47): the language of the words for symbols; in text of another script symbols stay. `startsLine`:
   * whether the text begins a line, where "- " marks a list item and "> " a quotation.
   */
  constructor(written: string, language = 'en', startsLine = true) {
    this.written = written;
    this.#seen = visibleText(written);
    const seen = this.#seen.text;
    let spoken = '';
    const origins: number[] = [];
    const say = (text: string, from: number, step: 0 | 1): void => {
      // Omitted text must not leave two spaces.
      const skipped = /^\s/.test(text) && (spoken === '' || spoken.endsWith(' ')) ? leadingBlanks(text) : 0;
      spoken += text.slice(skipped);
      for (let index = skipped; index < text.length; index++) origins.push(from + index * step);
    };
    const unsayBlank = (): void => {
      spoken = spoken.trimEnd();
      origins.length = spoken.length;
    };
    const words = isLatin(seen) ? symbolWords(language) : null;
    let at = 0;
    for (const match of seen.matchAll(startsLine ? changes.atLineStart : changes.withinLine)) {
      const { 0: found, index } = match;
      say(seen.slice(at, index), at, 1);
      at = index + found.length;
      const groups = match.groups as Readonly<Partial<Record<Change, string>>>;
      if (groups.email !== undefined) say(sayEmail(bare(groups.email), words), index, 0);
      else if (groups.url !== undefined) say(sayUrl(bare(groups.url), words), index, 0);
      else if (groups.escaped !== undefined) say(groups.escaped, index, 0);
      else if (groups.arrow !== undefined) {
        const isBlankBehind = /[ \t]$/.test(found);
        if (isBetweenWords(spoken.slice(-2), seen.charAt(at))) {
          say(' ', index, 0);
          say(words?.to ?? found.trim(), at - found.trimStart().length, 0);
          say(' ', isBlankBehind ? at - 1 : at, 0);
        } else if (isBlankBehind) say(' ', index, 0);
      } else if (groups.cell !== undefined) say(', ', index, 0);
      else if (groups.and !== undefined) say(words?.and ?? '&', index, 0);
      else if (groups.symbol !== undefined) {
        const said = words && saySymbol(seen, index, found, startsLine, words, spoken.slice(-2));
        if (said === ', ') unsayBlank();
        say(said ?? found, index, said === null ? 1 : 0);
      } else if (groups.blank !== undefined) say(' ', index, 0);
    }
    say(seen.slice(at), at, 1);
    this.spoken = hasWords(spoken) ? spoken.trim() : '';
    // They also fit the trimmed text, since `say` adds no leading white space.
    this.#origins = origins;
  }

  /**
   * The written text that was said once the voice has said `length` characters of `spoken`. Several spoken words for
   * one written word count only when all were said.
   */
  writtenUpTo(length: number): string {
    if (length <= 0) return '';
    if (length >= this.spoken.length) return this.written;
    const { text, origins } = this.#seen;
    let end = this.#origins[length] ?? text.length;
    while (end > 0 && !isWordEdge(text, end)) end--;
    return this.written.slice(0, origins[end]);
  }
}

/** The word for a sign, with the spaces it needs; null if the sign stays. */
function saySymbol(
  text: string,
  at: number,
  sign: string,
  startsLine: boolean,
  words: SymbolWords,
  spoken: string,
): string | null {
  const meaning = meaningOfSymbol(text, at, sign, startsLine);
  if (meaning === null) return null;
  if (meaning === 'pause') return ', ';
  const gap = /[\p{L}\p{N}\p{Pe}%°€$£¥.,;:"”']$/u.test(spoken) ? ' ' : '';
  const next = text.slice(at + sign.length, at + sign.length + 2);
  return (
    gap +
    words[meaning] +
    (/^[\p{L}\p{N}\p{Ps}\p{Sc}.,−-]/u.test(next) && !/^[.,](?!\d)/.test(next) ? ' ' : '')
  );
}

function isBetweenWords(before: string, next: string): boolean {
  return /[\p{L}\p{N}%°)\]"”*_.]$/u.test(before) && /[\p{L}\p{N}"“(*_]/u.test(next);
}

function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** Whether symbols may be said in words of the Latin script: the text has no letters of another. */
function isLatin(text: string): boolean {
  return !/(?![\p{Script=Latin}\p{Script=Common}])\p{L}/u.test(text);
}

function leadingBlanks(text: string): number {
  return text.length - text.trimStart().length;
}

function bare(address: string): string {
  return address.replace(/^<?(?:mailto:)?|>$/gi, '');
}

/** Whether a word ends or begins at `at`: next to white space or a letter of a script without spaces. */
function isWordEdge(text: string, at: number): boolean {
  return isEdge(text, at - 1) || isEdge(text, at);
}

function isEdge(text: string, at: number): boolean {
  const kind = kindOf(text.charCodeAt(at));
  return kind === 'space' || kind === 'newline' || kind === 'unspaced';
}
