/**
 * Cuts a stream of tokens into chunks that can be spoken: sentences, and a first clause where that lets speech start
 * earlier. Text is never changed, only cut: the chunks concatenate to the input.
 */

/** A first clause is cut off only from this many words on; shorter ones sound chopped. */
const minClauseWords = 4;

/** Short forms whose full stop ends no sentence. */
const abbreviations = new Set(
  'mr mrs ms dr prof st no vs etc e.g i.e a.m p.m approx dept min max'.split(' '),
);

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
    // An end is certain only when something follows: "3." may become "3.30", "Dr." a name.
    const ends = /[.!?…]+["'”’)\]]*\s+(?=\S)|\n+(?=\S)|[。！？]+/gu;
    for (const match of this.#buffer.matchAll(ends)) {
      const before = this.#buffer.slice(0, match.index);
      if (before.trim() === '' || endsInAbbreviation(before, match[0])) continue;
      return match.index + match[0].length;
    }
    if (this.#cutAny) return 0;
    const clause = /[,;:]\s+(?=\S)|\s[–—]\s(?=\S)/u.exec(this.#buffer);
    if (!clause) return 0;
    const before = this.#buffer.slice(0, clause.index).trim();
    return before.split(/\s+/).length >= minClauseWords ? clause.index + clause[0].length : 0;
  }
}

function endsInAbbreviation(before: string, end: string): boolean {
  if (!end.startsWith('.') || end.startsWith('..')) return false;
  const word = (/\S+$/.exec(before)?.[0] ?? '').toLowerCase().replace(/^["'“‘([]+/, '');
  return abbreviations.has(word) || /^[a-z]$/.test(word);
}
