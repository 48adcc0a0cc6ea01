/** Remembers how words sound, since a conversation uses the same few again and again. */

/** Pronounces many words at once; one list of phones for each. */
export type Pronounce = (words: readonly string[]) => Promise<readonly (readonly string[])[]>;

const defaultMaxWords = 2000;

/** Keeps the words that were used last, up to a bound. */
export class PronunciationCache {
  readonly #maxWords: number;
  readonly #phones = new Map<string, readonly string[]>();

  constructor(maxWords = defaultMaxWords) {
    this.#maxWords = maxWords;
  }

  /** Words remembered. */
  get size(): number {
    return this.#phones.size;
  }

  /** The phones of each word, asking `pronounce` once for all that are not remembered. Rejects with what that throws. */
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
    // Taking a word out and putting it back in makes it the last one that is forgotten.
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

/** Commas and the like around a word do not change its sound; a full stop may, in "Dr." and "a.m.". */
function keyOf(word: string): string {
  return word.replace(/^["'“‘([]+|[,;:?!"”)\]]+$/g, '');
}
