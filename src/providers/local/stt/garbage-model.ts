/**
 * Rejection of other speech for the local recogniser. A grammar recogniser always returns the best sentence of its
 * grammar, so a cough becomes "no". A garbage model adds alternatives: any sequence of phones, or noise. If one of
 * these fits the audio better than every sentence of the grammar, the result is empty.
 */

const phones =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(
    ' ',
  );

/** The acoustic model's units for noise (coughs, bangs, breath) and for unintelligible speech. */
const noises = ['+NSN+', '+SPN+'];

/** No word of the dictionary begins with it, so no word of a grammar counts as garbage. */
const garbagePrefix = '~';

/**
 * The garbage words and their pronunciations, one for each phone of the acoustic model. Add them to the decoder
 * (`add_words`) before you set a grammar from {@link withGarbage}.
 */
export const garbageWords: readonly (readonly [word: string, phones: string])[] = [...phones, ...noises].map(
  (phone) => [garbageWord(phone), phone],
);

/**
 * The weights of garbage, against 1 for the grammar. They are low because any speech fits a sequence of phones a little
 * better than its own words. A trade-off, measured with Flite's voices: at 1e-6, 92 % of the desk's sentences are exact
 * and 9 % of other speech is taken for one of them; at 1e-13, 94 % and 27 %.
 */
const weights = { sounds: 1e-7, noise: 1e-2 };

/**
 * Adds garbage to a JSGF grammar as an alternative to its first public rule, which is no longer public. A grammar
 * without a public rule is returned unchanged: the decoder refuses it with its own message.
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

/** The text of an interim or final result; empty if it contains garbage. */
export function withoutGarbage(text: string): string {
  return text.includes(garbagePrefix) ? '' : text;
}

function garbageWord(phone: string): string {
  return `${garbagePrefix}${phone.toLowerCase().replaceAll('+', '')}`;
}
