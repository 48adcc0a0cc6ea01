/** Caches the pronunciations of words, since conversations repeat the same few words. */

/** Pronounces many words at once; resolves with one list of phones for each. */
export type Pronounce = (words: readonly string[]) => Promise<readonly (readonly string[])[]>;

const defaultMaxWords = 2000;

/** Keeps the most recently used words, up to a limit. */
export class PronunciationCache {
  readonly #maxWords: number;
  readonly #phones = new Map<string, readonly string[]>();

  constructor(maxWords = defaultMaxWords) {
    this.#maxWords = maxWords;
  }

  /** Number of cached words. */
  get size(): number {
    return this.#phones.size;
  }

  /** The phones of each word. Calls `pronounce` once for all words that are not cached; rejects with its error. */
  async lookUp(words: readonly string[], pronounce: Pronounce): Promise<(readonly string[])[]> {
    const found = new Map<string, readonly string[]>();
    const missing = new Set<string>();
    for (const word of words) {
      const key = keyOf(word);
      const phones = this.#phones.get(key);
      if (phones) found.set(key, phones);
      else missing.add(key);
    }
    if (missing.size > 0) {
      const asked = [...missing];
      const phones = await pronounce(asked);
      asked.forEach((key, index) => found.set(key, phones[index] ?? []));
    }
    // Removing and adding a word again makes it the most recently used.
    for (const [key, phones] of found) {
      this.#phones.delete(key);
      this.#phones.set(key, phones);
    }
    for (const key of this.#phones.keys()) {
      if (this.#phones.size <= this.#maxWords) break;
      this.#phones.delete(key);
    }
    return words.map((word) => found.get(keyOf(word)) ?? []);
  }
}

/**
 * Removes commas and similar marks around a word, which do not change its sound; a full stop may, as in "Dr." and
 * "a.m.".
 */
function keyOf(word: string): string {
  return word.replace(/^["'“‘([]{1,9}|[,;:?!"”)\]]{1,9}$/g, '');
}
