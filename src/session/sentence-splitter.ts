/**
 * Cuts a stream of tokens into chunks that can be spoken: sentences, and a first clause where that lets speech start
 * earlier. Text is never changed, only cut: the chunks concatenate to the input. Where the cuts lie depends on the text
 * alone, not on how it came in tokens, so the same answer always sounds the same.
 */

/** A first clause is cut off only from this many words on; shorter ones sound chopped. */
const minClauseWords = 4;

/** Short forms whose full stop ends no sentence; those of single letters ("a.m.", "e.g.", "U.S.") need no list. */
const abbreviations = new Set('mr mrs ms dr prof st vs etc approx dept min max'.split(' '));
const initials = /^(?:\p{L}\.)*\p{L}$/u;

export class SentenceSplitter {
  #buffer = '';
  #cutAny = false;

  /** Takes the next token and returns the chunks that are complete now. */
  push(token: string): string[] {
    this.#buffer += token;
    const chunks: string[] = [];
    for (let end = this.#nextCut(); end > 0; end = this.#nextCut()) {
      chunks.push(this.#buffer.slice(0, end));
      this.#buffer = this.#buffer.slice(end);
      this.#cutAny = true;
    }
    return chunks;
  }

  /** The rest, at the end of the text; nothing where only white space is left. */
  flush(): string[] {
    const rest = this.#buffer;
    this.#buffer = '';
    return rest.trim() === '' ? [] : [rest];
  }

  /** Where the next chunk ends in the buffer, white space behind it included; 0 where no end is certain yet. */
  #nextCut(): number {
    const ends = [sentenceEnd(this.#buffer), this.#cutAny ? 0 : clauseEnd(this.#buffer)].filter(
      (end) => end > 0,
    );
    return ends.length > 0 ? Math.min(...ends) : 0;
  }
}

function sentenceEnd(text: string): number {
  // An end is certain only when something follows: "3." may become "3.30", "Dr." a name, "？" the first half of "？！".
  const ends = /[.!?…]+["'”’)\]]*\s+(?=\S)|\n\s*(?=\S)|[。！？]+["'”’」』）]*\s*(?=[^\s。！？"'”’」』）])/gu;
  for (const match of text.matchAll(ends)) {
    const before = text.slice(0, match.index);
    const end = match.index + match[0].length;
    if (before.trim() !== '' && !isInnerStop(before, match[0], text.slice(end))) return end;
  }
  return 0;
}

function clauseEnd(text: string): number {
  for (const match of text.matchAll(/[,;:]\s+(?=\S)|\s[–—]\s+(?=\S)/gu)) {
    const before = text.slice(0, match.index).trim();
    if (before.split(/\s+/).length >= minClauseWords) return match.index + match[0].length;
  }
  return 0;
}

/** Whether a full stop belongs to an abbreviation or to the number of a list item. */
function isInnerStop(before: string, stop: string, after: string): boolean {
  if (!stop.startsWith('.') || stop.startsWith('..')) return false;
  if (/(?:^|\n)\s*\d{1,2}$/.test(before)) return true;
  const word = (/\S+$/.exec(before)?.[0] ?? '').toLowerCase().replace(/^["'“‘([]+/, '');
  // "No. 5" is a number, "No. Sorry." an answer.
  if (word === 'no') return /^\d/.test(after);
  return abbreviations.has(word) || initials.test(word);
}
