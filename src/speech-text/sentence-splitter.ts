/**
 * Cuts a stream of tokens into chunks that can be spoken: sentences, lines, list items, and a first clause if that lets
 * speech start earlier. Long text without marks is cut between words. Text is never changed: the chunks concatenate to
 * the input. Cuts depend only on the text, not on its tokens, so the same answer always sounds the same. There are two
 * exceptions: {@link SentenceSplitter.takeStanding} cuts by time, and the first piece ("Of course.") leaves at its mark if
 * nothing behind it has arrived. Links, code spans, tags, addresses and numbers stay whole.
 *
 * Each character is read once, except for the bounded look-ahead of a few marks, so every token costs the same for any
 * text.
 */
import { endsInAbbreviation, isListNumber } from './abbreviations.js';
import { codeSpanEnd, isBlockTag, linkEnd, tagEnd } from './inline-markup.js';
import {
  clauseBoundary,
  isCertainClause,
  isOpener,
  lineBoundary,
  sentenceBoundary,
  type Boundary,
} from './text-boundaries.js';
import { endsInHalfPair, kindOf, lastUnspacedBreak, widthOf } from './text-characters.js';

/**
 * Minimum length of a first clause: shorter ones sound chopped or only say "Well". Scripts without spaces count
 * characters; six take about 1.2 s to say, as four words do.
 */
const shortestClause = { words: 4, characters: 6 };
/** Minimum width of a first clause for a voice that speaks its pieces as one text: "Certainly," but not "Well,". */
const shortestPiece = 8;
/** Minimum length of a clause after a first sentence that was shorter still ("Sure."). */
const shortestSecondClause = { words: 8, characters: 12 };

/**
 * Text without a sentence mark is cut beyond this width, 8 or 16 s of speech, as the voice must not wait for an endless
 * sentence. The first chunk is cut sooner, since the caller waits for it.
 */
const longest = { first: 120, later: 240 };
/** Long text is cut in its second or third quarter, so no tiny piece remains: after a clause, else between words. */
const earliestBreak = 1 / 4;
const latestBreak = 3 / 4;
/** This much of a text decides whether it ends with a sentence. */
const longestEnd = 80;
/** In UTF-16 code units. Only text without words or one endless word gets this long; it is cut anywhere. */
const longestChunk = 2000;

export interface SentenceSplitterOptions {
  /** Whether the voice speaks the chunks of an answer as one text, so that a clause of a word or two sounds right. */
  readonly joinsPieces?: boolean;
}

export class SentenceSplitter {
  readonly #joinsPieces: boolean;
  #buffer = '';
  /** Words, and characters of scripts without spaces, in the chunks returned since the text began or continued. */
  #givenWords = 0;
  #givenUnspaced = 0;
  /** Whether the text's first letter is a capital; null before the first letter, and for scripts without capitals. */
  #usesCapitals: boolean | null = null;
  /** End of the part of the buffer that was read; the next fields describe that part. */
  #at = 0;
  #width = 0;
  #words = 0;
  #unspaced = 0;
  #inWord = false;
  #hasLetter = false;
  /** Where a chunk that gets too long may end; 0 for nowhere. */
  #clauseBreak = 0;
  #wordBreak = 0;
  /** Where the third quarter of the longest chunk ends. */
  #latestBreak = 0;
  /** The width beyond which the next search for a cut starts. */
  #widest = 0;

  constructor({ joinsPieces = false }: SentenceSplitterOptions = {}) {
    this.#joinsPieces = joinsPieces;
  }

  /** Takes the next token and returns the chunks that it completes. */
  push(token: string): string[] {
    this.#buffer += token;
    const chunks: string[] = [];
    for (let end = this.#nextCut(); end > 0; end = this.#nextCut()) {
      chunks.push(this.#buffer.slice(0, end));
      this.#buffer = this.#buffer.slice(end);
      this.#givenWords += this.#words;
      this.#givenUnspaced += this.#unspaced;
      this.#startChunk();
    }
    return chunks;
  }

  /** Whether the buffer holds text of an incomplete chunk. */
  get isStanding(): boolean {
    return this.#hasLetter || this.#at < this.#buffer.length;
  }

  /**
   * Whether the buffered text looks like a whole sentence with white space after its mark; only more text could confirm
   * it.
   */
  get standsComplete(): boolean {
    return this.#hasLetter && /\s/.test(this.#buffer.at(-1) ?? '') && endsSentence(this.#buffer);
  }

  /**
   * Takes the buffered text up to its last whole word, to speak it while its end is late; nothing without a whole word.
   * The next clause is cut early again, since the caller waits.
   */
  takeStanding(): string[] {
    const end = this.#lastWholeWord();
    if (end === 0) return [];
    const chunk = this.#buffer.slice(0, end);
    this.#buffer = this.#buffer.slice(end);
    this.#givenWords = this.#givenUnspaced = 0;
    // The rest is read again with the next token.
    this.#startChunk();
    return [chunk];
  }

  /** Returns the rest, at the end of the text or before a pause in it; nothing if only white space is left. */
  flush(): string[] {
    const rest = this.#buffer;
    this.#buffer = '';
    this.#givenWords = this.#givenUnspaced = 0;
    this.#startChunk();
    return rest.trim() === '' ? [] : [rest];
  }

  #startChunk(): void {
    this.#at = this.#width = this.#words = this.#unspaced = 0;
    this.#clauseBreak = this.#wordBreak = this.#latestBreak = this.#widest = 0;
    this.#inWord = this.#hasLetter = false;
  }

  /** Where the next chunk ends in the buffer, with the white space after it; 0 if no end is certain yet. */
  #nextCut(): number {
    const text = this.#buffer;
    while (this.#at < text.length) {
      const boundary = this.#boundary(text);
      if (boundary === 'undecided') return 0;
      if (boundary !== 'none') return boundary;
      const cut = this.#width > this.#longest ? this.#breakOfLong(text) : 0;
      if (cut > 0) return cut;
      if (this.#at >= longestChunk) return endsInHalfPair(text.slice(0, this.#at)) ? this.#at - 1 : this.#at;
    }
    return 0;
  }

  /** Reads the next character; if the chunk does not end there, moves past it. */
  #boundary(text: string): Boundary {
    const at = this.#at;
    switch (kindOf(text.charCodeAt(at))) {
      case 'spaced_stop':
      case 'stop':
        return this.#stop(text);
      case 'spaced_comma':
      case 'comma':
      case 'dash':
        return this.#clause(text);
      case 'newline':
        return this.#endsLine(text) ? lineBoundary(text, at) : this.#pass(text, at + 1);
      case 'angle':
        return this.#tag(text);
      case 'backtick':
        return this.#markup(text, codeSpanEnd(text, at));
      case 'bracket':
        return this.#markup(text, linkEnd(text, at));
      default:
        return this.#pass(text, at + 1);
    }
  }

  #stop(text: string): Boundary {
    if (this.#isFirst && isOpener(text, this.#at)) return this.#at + 1;
    const boundary = this.#hasLetter ? sentenceBoundary(text, this.#at, this.#usesCapitals === true) : 'none';
    if (boundary !== 'none') return boundary;
    const isEllipsis = text.startsWith('..', this.#at) || text[this.#at] === '…';
    if (isEllipsis) return this.#clause(text);
    return this.#pass(text, this.#at + 1);
  }

  /** The end of a clause ends the chunk while the caller waits for speech; otherwise it is remembered. */
  #clause(text: string): Boundary {
    const isPiece = this.#joinsPieces && this.#isFirst && this.#width >= shortestPiece;
    if (isPiece && isCertainClause(text, this.#at)) return this.#at + 1;
    const isLongEnough = isClause(this.#words, this.#unspaced, this.#shortestClause);
    const boundary = isLongEnough ? clauseBoundary(text, this.#at) : 'none';
    if (boundary === 'undecided' || (boundary !== 'none' && this.#isAwaited)) return boundary;
    const share = this.#width / this.#longest;
    if (boundary !== 'none' && share >= earliestBreak && share <= latestBreak) this.#clauseBreak = boundary;
    return this.#pass(text, this.#at + 1);
  }

  #endsLine(text: string): boolean {
    return this.#hasLetter && !isListNumber(text.slice(0, this.#at));
  }

  /** A tag has no words; a block tag ends the chunk. */
  #tag(text: string): Boundary {
    const end = tagEnd(text, this.#at);
    if (end === 'undecided') return end;
    if (end === this.#at) return this.#pass(text, end + 1);
    const written = text.slice(this.#at, end);
    if (isBlockTag(written)) {
      if (this.#endsLine(text)) return lineBoundary(text, this.#at);
      this.#inWord = false;
    }
    this.#at = end;
    return 'none';
  }

  #markup(text: string, end: number | 'undecided'): Boundary {
    if (end === 'undecided') return end;
    return this.#pass(text, Math.max(end, this.#at + 1));
  }

  /** Moves on to `end` and counts the characters before it. */
  #pass(text: string, end: number): 'none' {
    for (let at = this.#at; at < end; at++) {
      const kind = kindOf(text.charCodeAt(at));
      const isSpace = kind === 'space' || kind === 'newline';
      if (!isSpace && !this.#inWord) {
        this.#words++;
        if (at === this.#at && this.#words > 1 && mayBreak(text, at)) this.#noteWord(at);
      }
      this.#inWord = !isSpace;
      if (kind === 'unspaced') this.#unspaced++;
      if (kind === 'unspaced' || kind === 'letter') {
        this.#hasLetter = true;
        this.#usesCapitals ??= startsWithCapital(text[at] ?? '');
      }
      this.#width += widthOf(kind);
      if (this.#width <= this.#longest * latestBreak) this.#latestBreak = at + 1;
    }
    this.#at = end;
    return 'none';
  }

  /** Whether the caller still waits, or soon waits again, because little text was returned ("Sure."). */
  get #isAwaited(): boolean {
    return !isClause(this.#givenWords, this.#givenUnspaced, shortestClause);
  }

  get #isFirst(): boolean {
    return this.#givenWords === 0 && this.#givenUnspaced === 0;
  }

  get #shortestClause(): typeof shortestClause {
    return this.#isFirst ? shortestClause : shortestSecondClause;
  }

  get #longest(): number {
    return this.#isAwaited ? longest.first : longest.later;
  }

  #noteWord(start: number): void {
    // Beyond the third quarter, note a word only if there is no earlier place to cut.
    if (this.#width <= this.#longest * latestBreak || this.#wordBreak === 0) this.#wordBreak = start;
  }

  /** Where the last word ends after which the text may be cut; 0 if there is none. */
  #lastWholeWord(): number {
    const text = this.#buffer;
    const isMarkup = this.#at < text.length && /[[<`]/.test(text.charAt(this.#at));
    const limit = isMarkup ? this.#at : text.length;
    let end = limit;
    while (end > 0 && !endsWholeWord(text, end)) end--;
    if (this.#unspaced > 0) end = Math.max(end, lastUnspacedBreak(text.slice(0, limit), limit));
    const isEmpty = !/[\p{L}\p{N}]/u.test(text.slice(0, end)) || isListNumber(text.slice(0, end));
    return isEmpty ? 0 : end;
  }

  #breakOfLong(text: string): number {
    if (!this.#hasLetter) return 0;
    if (this.#clauseBreak > 0) return this.#clauseBreak;
    if (this.#unspaced === 0 || this.#width <= this.#widest) return this.#wordBreak;
    const found = lastUnspacedBreak(text.slice(0, this.#at), this.#latestBreak);
    // One endless word: search again only after another chunk's width, not at every character.
    this.#widest = this.#width + this.#longest;
    this.#latestBreak = this.#at;
    return Math.max(this.#wordBreak, found);
  }
}

function isClause(words: number, unspaced: number, shortest: typeof shortestClause): boolean {
  return words >= shortest.words || unspaced >= shortest.characters;
}

/** Whether a chunk may begin with the word at `start`: not within "1 250", and not after a no-break space. */
function mayBreak(text: string, start: number): boolean {
  const before = text[start - 1];
  if (before === undefined || before === '\u00a0' || before === '\u202f') return false;
  return !(/\d/.test(text[start] ?? '') && /\d/.test(text[start - 2] ?? ''));
}

/**
 * Whether the text may be cut at `end` without knowing what follows: after white space or the end of a sentence, but
 * not after a number that may go on ("1 250"), an abbreviation, or a sign of the next word ("$", "-").
 */
function endsWholeWord(text: string, end: number): boolean {
  if (end < text.length && !mayBreak(text, end)) return false;
  const isBehindSpace = /[^\S\u00a0\u202f]/.test(text.charAt(end - 1));
  if (!isBehindSpace && end < text.length) return false;
  const word = text.slice(Math.max(0, end - 50), end).trimEnd();
  if (!isBehindSpace) return /\p{L}[!?…]$|\p{L}{3}\.$/u.test(word) && !isShort(word);
  if (end === text.length && /\p{N}$/u.test(word)) return false;
  const lastWord = /[^\s]{1,50}$/.exec(word)?.[0] ?? '';
  return /[\p{L}\p{N}]/u.test(lastWord) && !/[$€£¥#(“‘[{<>=+~]$/.test(word) && !isShort(word);
}

/** Whether a text ends with a sentence, judged without the text after it: "Dr." and "5." may go on. */
export function endsSentence(text: string): boolean {
  const written = text.slice(-longestEnd).trimEnd();
  const marked = /[\p{Sentence_Terminal}…][\p{Pe}\p{Pf}\p{Pi}"'*_`~]{0,20}$/u.exec(written);
  return marked !== null && !isShort(written.slice(0, marked.index + 1));
}

function isShort(word: string): boolean {
  return word.endsWith('.') && endsInAbbreviation(word.slice(0, -1));
}

/** Null for a character without a capital form. */
function startsWithCapital(letter: string): boolean | null {
  if (letter.toLowerCase() === letter.toUpperCase()) return null;
  return letter !== letter.toLowerCase();
}
