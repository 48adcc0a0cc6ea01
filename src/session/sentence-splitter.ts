/**
 * Cuts a stream of tokens into chunks that can be spoken: sentences, and a first clause where that lets speech start
 * earlier; lines and list items; and what grows long without any mark, between words. Text is never changed, only cut: the
 * chunks concatenate to the input. Where the cuts lie depends on the text alone, not on how it came in tokens, so the
 * same answer always sounds the same. Links and code spans stay whole, and so do addresses and numbers, which have no
 * white space.
 *
 * Every character is looked at once, when it comes, but for the look-ahead of a few marks.
 */
import { isListNumber } from './abbreviations.js';
import { codeSpanEnd, linkEnd } from './inline-markup.js';
import { clauseBoundary, lineBoundary, sentenceBoundary, type Boundary } from './text-boundaries.js';
import { kindOf, lastUnspacedBreak, widthOf } from './text-characters.js';

/**
 * A first clause is cut off only from this length on; shorter ones sound chopped, or only say "Well". For scripts without
 * spaces it is in characters, of which six take some 1.2 s to say, as four words do.
 */
const shortestClause = { words: 4, characters: 6 };
/** Behind a first sentence that was shorter still ("Sure."), so that the caller soon waits again. */
const shortestSecondClause = { words: 8, characters: 12 };

/**
 * Text without a sentence mark is cut when it grows beyond this width, 8 or 16 s of speech, so that neither the caller nor
 * the voice waits for a sentence that does not end; the first sooner, since somebody waits for it.
 */
const longest = { first: 120, later: 240 };
/** A long text is cut in its second or third quarter, which leaves no scrap: after a clause, else between words. */
const earliestBreak = 1 / 4;
const latestBreak = 3 / 4;

export class SentenceSplitter {
  #buffer = '';
  /** Words, and characters without spaces between, in the chunks given since the text began or went on. */
  #givenWords = 0;
  #givenUnspaced = 0;
  /** Whether the text's first letter is a capital; null before it has come, and where its script has none. */
  #usesCapitals: boolean | null = null;
  /** How far the buffer has been looked through; what follows counts that part. */
  #at = 0;
  #width = 0;
  #words = 0;
  #unspaced = 0;
  #inWord = false;
  #hasLetter = false;
  /** Where a chunk that grows too long may end; 0 where nowhere. */
  #clauseBreak = 0;
  #wordBreak = 0;
  /** Where the third quarter of the longest chunk ends. */
  #latestBreak = 0;
  /** The width from which on a place to cut is looked for. */
  #widest = 0;

  /** Takes the next token and returns the chunks that are complete now. */
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

  /** The rest, at the end of the text or before a pause in it; nothing where only white space is left. */
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

  /** Where the next chunk ends in the buffer, white space behind it included; 0 where no end is certain yet. */
  #nextCut(): number {
    const text = this.#buffer;
    while (this.#at < text.length) {
      const boundary = this.#boundary(text);
      if (boundary === 'undecided') return 0;
      if (boundary !== 'none') return boundary;
      const cut = this.#width > this.#longest ? this.#breakOfLong(text) : 0;
      if (cut > 0) return cut;
    }
    return 0;
  }

  /** Looks at the next character; where the chunk does not end there, goes on behind it. */
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
      case 'newline': {
        const ends = this.#hasLetter && !isListNumber(text.slice(0, at));
        return ends ? lineBoundary(text, at) : this.#pass(text, at + 1);
      }
      case 'backtick':
        return this.#markup(text, codeSpanEnd(text, at));
      case 'bracket':
        return this.#markup(text, linkEnd(text, at));
      default:
        return this.#pass(text, at + 1);
    }
  }

  #stop(text: string): Boundary {
    const boundary = this.#hasLetter ? sentenceBoundary(text, this.#at, this.#usesCapitals === true) : 'none';
    if (boundary !== 'none') return boundary;
    const isEllipsis = text.startsWith('..', this.#at) || text[this.#at] === '…';
    if (isEllipsis) return this.#clause(text);
    return this.#pass(text, this.#at + 1);
  }

  /** The end of a clause, which ends the chunk while the caller waits for speech, and else is remembered. */
  #clause(text: string): Boundary {
    const isLongEnough = isClause(this.#words, this.#unspaced, this.#shortestClause);
    const boundary = isLongEnough ? clauseBoundary(text, this.#at) : 'none';
    if (boundary === 'undecided' || (boundary !== 'none' && this.#isAwaited)) return boundary;
    const share = this.#width / this.#longest;
    if (boundary !== 'none' && share >= earliestBreak && share <= latestBreak) this.#clauseBreak = boundary;
    return this.#pass(text, this.#at + 1);
  }

  #markup(text: string, end: number | 'undecided'): Boundary {
    if (end === 'undecided') return end;
    return this.#pass(text, Math.max(end, this.#at + 1));
  }

  /** Goes on at `end`, and counts what lies before it. */
  #pass(text: string, end: number): 'none' {
    for (let at = this.#at; at < end; at++) {
      const kind = kindOf(text.charCodeAt(at));
      const isSpace = kind === 'space' || kind === 'newline';
      if (!isSpace && !this.#inWord) {
        this.#words++;
        if (at === this.#at && mayBreak(text, at)) this.#noteWord(at);
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

  /** Whether so little has been given ("Sure.") that the caller still waits, or soon would again. */
  get #isAwaited(): boolean {
    return !isClause(this.#givenWords, this.#givenUnspaced, shortestClause);
  }

  get #shortestClause(): typeof shortestClause {
    return this.#givenWords === 0 && this.#givenUnspaced === 0 ? shortestClause : shortestSecondClause;
  }

  get #longest(): number {
    return this.#isAwaited ? longest.first : longest.later;
  }

  #noteWord(start: number): void {
    // Beyond that, a word is noted only where nothing before it could be: it is the first place to cut.
    if (this.#width <= this.#longest * latestBreak || this.#wordBreak === 0) this.#wordBreak = start;
  }

  #breakOfLong(text: string): number {
    if (!this.#hasLetter) return 0;
    if (this.#clauseBreak > 0) return this.#clauseBreak;
    if (this.#unspaced === 0 || this.#width <= this.#widest) return this.#wordBreak;
    const found = lastUnspacedBreak(text.slice(0, this.#at), this.#latestBreak);
    // One endless word: looking again at every character would take time without end too.
    this.#widest = this.#width + this.#longest;
    this.#latestBreak = this.#at;
    return Math.max(this.#wordBreak, found);
  }
}

function isClause(words: number, unspaced: number, shortest: typeof shortestClause): boolean {
  return words >= shortest.words || unspaced >= shortest.characters;
}

/** Whether a word that begins at `start` may be the first of a chunk: not within "1 250", nor behind a fixed space. */
function mayBreak(text: string, start: number): boolean {
  const before = text[start - 1];
  if (before === undefined || before === '\u00a0' || before === '\u202f') return false;
  return !(/\d/.test(text[start] ?? '') && /\d/.test(text[start - 2] ?? ''));
}

/** Null for a character that is no letter, or has no capital form. */
function startsWithCapital(letter: string): boolean | null {
  if (letter.toLowerCase() === letter.toUpperCase()) return null;
  return letter !== letter.toLowerCase();
}
