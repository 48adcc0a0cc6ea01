/**
 * The part of a pronouncing dictionary that a grammar needs. A decoder that is given all of English's 134 000 words takes
 * a fifth of a second to read them and 12 MB to keep them; the appointment desk speaks in 140.
 */

/** A word as the dictionary spells it, `read(2)` for its second pronunciation, and its phones. */
export type Pronunciation = readonly [word: string, phones: string];

const comments = /\/\*[^]*?\*\/|\/\/.*/g;
const tokens = /[^\s<>(){}[\]|*+=;/"]+/g;

/** Every word of a JSGF grammar (https://www.w3.org/TR/jsgf/), and some that are not: keywords, rule names, weights. */
export function wordsOfGrammar(grammar: string): Set<string> {
  return new Set(grammar.replace(comments, ' ').match(tokens));
}

/**
 * Finds words in the text of a dictionary of one pronunciation per line (`word PH ON ES`), all pronunciations of each.
 * Words that it does not know are left out.
 */
export function pronunciationsOf(words: ReadonlySet<string>, dictionary: string): Pronunciation[] {
  const found: Pronunciation[] = [];
  // Cutting the whole text into lines first would take three times as long.
  for (let at = 0; at < dictionary.length;) {
    const newline = dictionary.indexOf('\n', at);
    const end = newline < 0 ? dictionary.length : newline;
    const space = dictionary.indexOf(' ', at);
    const entry = dictionary.slice(at, space);
    const variant = entry.indexOf('(');
    if (space < end && words.has(variant > 0 ? entry.slice(0, variant) : entry))
      found.push([entry, dictionary.slice(space + 1, end).trim()]);
    at = end + 1;
  }
  return found;
}
