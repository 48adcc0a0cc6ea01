/**
 * Rejection for the local recogniser. A grammar recogniser explains whatever it hears with the best sentence it has, so
 * a cough becomes "bye". A garbage model gives it another explanation: any run of the language's sounds. Where that fits
 * the audio better than every sentence of the grammar, the caller said something that the grammar does not know.
 */

const sounds =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(
    ' ',
  );

/** No word of the dictionary begins with it, so that no word of a grammar is taken for garbage. */
const garbagePrefix = '~';

/**
 * The garbage words and their pronunciations, one for each phone of the acoustic model. The decoder must be given them
 * (`add_words`) before it is given a grammar that {@link withGarbage} returned.
 */
export const garbageWords: readonly (readonly [word: string, phones: string])[] = sounds.map((sound) => [
  `${garbagePrefix}${sound.toLowerCase()}`,
  sound,
]);

/**
 * How likely it is, against 1 for the grammar, that an utterance lies outside the grammar. Measured with Flite's voices:
 * ten times more loses short answers such as "yeah", ten times less lets coughs through as "uh-huh".
 */
const garbageWeight = 0.001;

/**
 * The same JSGF grammar with garbage as an alternative to its first public rule, which stops being public. A grammar
 * without a public rule comes back unchanged: the decoder refuses it with its own message.
 */
export function withGarbage(grammar: string): string {
  const words = garbageWords.map(([word]) => word).join(' | ');
  return grammar.replace(
    /\bpublic\s+(<[^<>]+>)\s*=/,
    (_, rule: string) =>
      `public <utterance-or-garbage> = /1/ ${rule} | /${garbageWeight}/ <garbage>;\n<garbage> = ( ${words} )+;\n${rule} =`,
  );
}

/** The text of a hypothesis, partial or final: empty where the recogniser heard garbage. */
export function withoutGarbage(text: string): string {
  return text.includes(garbagePrefix) ? '' : text;
}
