/**
 * Extracts the part of a pronouncing dictionary that a grammar needs. The whole English dictionary (134 000 words)
 * would cost each decoder 200 ms and 12 MB; the appointment desk uses 140 words.
 */

/** A word as the dictionary spells it (`read(2)` for a second pronunciation) and its phones. */
export type Pronunciation = readonly [word: string, phones: string];

const comments = /\/\*[^]*?\*\/|\/\/.*/g;
const tokens = /[^\s<>(){}[\]|*+=;/"]+/g;

/** All words of a JSGF grammar (https://www.w3.org/TR/jsgf/), and also its keywords, rule names and weights. */
export function wordsOfGrammar(grammar: string): Set<string> {
  return new Set(grammar.replace(comments, ' ').match(tokens));
}

/**
 * Finds all pronunciations of the words in a dictionary with one pronunciation per line (`word PH ON ES`). Unknown
 * words are left out.
 */
export function pronunciationsOf(words: ReadonlySet<string>, dictionary: string): Pronunciation[] {
  const found: Pronunciation[] = [];
  // Splitting the whole text into lines would take three times as long.
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
