/** Words for single digits when a number is read out digit by digit, by language. */

const byLanguage: Readonly<Record<string, string>> = {
  en: 'zero oh o nought one two three four five six seven eight nine',
  de: 'null eins ein zwei zwo drei vier fünf sechs sieben acht neun',
  es: 'cero uno dos tres cuatro cinco seis siete ocho nueve',
  fr: 'zéro un deux trois quatre cinq six sept huit neuf',
  it: 'zero uno due tre quattro cinque sei sette otto nove',
  nl: 'nul een één twee drie vier vijf zes zeven acht negen',
  pt: 'zero um uma dois duas três quatro cinco seis meia sete oito nove',
};

/**
 * The digit words for a language tag such as `en-GB`; the English ones for languages that are not listed. Numerals and
 * single letters are recognised in every language.
 */
export function digitWordsOf(language: string): readonly string[] {
  const [primary = ''] = language.toLowerCase().split(/[-_]/);
  const words = Object.hasOwn(byLanguage, primary) ? byLanguage[primary] : byLanguage.en;
  return words?.split(' ') ?? [];
}
