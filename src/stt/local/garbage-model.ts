/**
 * Rejection for the local recogniser. A grammar recogniser explains whatever it hears with the best sentence it has, so
 * a cough becomes "no". A garbage model gives it other explanations: any run of the language's sounds, or noise. Where
 * one of these fits the audio better than every sentence of the grammar, the caller said something else.
 */

const phones =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(
    ' ',
  );

/** The acoustic model's noise (coughs, bangs, breath) and its murmur of speech that nobody could understand. */
const noises = ['+NSN+', '+SPN+'];

/** No word of the dictionary begins with it, so that no word of a grammar is taken for garbage. */
const garbagePrefix = '~';

/**
 * The garbage words and their pronunciations, one for each phone of the acoustic model. The decoder must be given them
 * (`add_words`) before it is given a grammar that {@link withGarbage} returned.
 */
export const garbageWords: readonly (readonly [word: string, phones: string])[] = [...phones, ...noises].map(
  (phone) => [garbageWord(phone), phone],
);

/**
 * How likely each is, against 1 for the grammar. Any speech at all fits a run of sounds a little better than the words
 * it consists of, hence the odds against it. It is a trade, measured with Flite's voices: at 1e-6, 92 % of the desk's
 * sentences are exact and 9 % of other speech is taken for one of them; at 1e-13, 94 % and 27 %.
 */
const weights = { sounds: 1e-7, noise: 1e-2 };

/**
 * The same JSGF grammar with garbage as an alternative to its first public rule, which stops being public. A grammar
 * without a public rule comes back unchanged: the decoder refuses it with its own message.
 */
export function withGarbage(grammar: string): string {
  const sounds = phones.map(garbageWord).join(' | ');
  const noise = noises.map((phone) => `${garbageWord(phone)}+`).join(' | ');
  return grammar.replace(
    /\bpublic\s+(<[^<>]+>)\s*=/,
    (_, rule: string) =>
      `public <utterance-or-garbage> = /1/ ${rule} | /${weights.sounds}/ <garbage> | /${weights.noise}/ <noise>;\n` +
      `<garbage> = ( ${sounds} )+;\n<noise> = ${noise};\n${rule} =`,
  );
}

/** The text of a hypothesis, partial or final: empty where the recogniser heard garbage. */
export function withoutGarbage(text: string): string {
  return text.includes(garbagePrefix) ? '' : text;
}

function garbageWord(phone: string): string {
  return `${garbagePrefix}${phone.toLowerCase().replaceAll('+', '')}`;
}
