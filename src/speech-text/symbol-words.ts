/** Words for symbols that are spoken: in addresses, in arithmetic, and "&". */

const names = [
  ...(['and', 'at', 'dot', 'slash', 'dash', 'underscore', 'plus', 'colon'] as const),
  // `over` and `under` before a number ("> 65"); `greater` and `less` between two terms ("a > b").
  ...(['over', 'under', 'greater', 'less', 'atLeast', 'atMost'] as const),
  ...(['equals', 'percent', 'times', 'dividedBy', 'plusMinus', 'minus', 'about'] as const),
  // For ranges and arrows: "5–7", "A → B".
  'to',
] as const;

export type SymbolName = (typeof names)[number];
export type SymbolWords = Readonly<Record<SymbolName, string>>;

const tables: Readonly<Record<string, SymbolWords>> = {
  en: table(
    'and, at, dot, slash, dash, underscore, plus, colon, over, under, greater than, less than, at least, at most, ' +
      'equals, percent, times, divided by, plus or minus, minus, about, to',
  ),
  de: table(
    'und, at, Punkt, Schrägstrich, Bindestrich, Unterstrich, plus, Doppelpunkt, über, unter, größer als, kleiner als, ' +
      'mindestens, höchstens, gleich, Prozent, mal, geteilt durch, plus minus, minus, etwa, bis',
  ),
  fr: table(
    'et, arobase, point, slash, tiret, tiret bas, plus, deux-points, plus de, moins de, supérieur à, inférieur à, ' +
      'au moins, au plus, égale, pour cent, fois, divisé par, plus ou moins, moins, environ, à',
  ),
  es: table(
    'y, arroba, punto, barra, guion, guion bajo, más, dos puntos, más de, menos de, mayor que, menor que, al menos, ' +
      'como máximo, igual a, por ciento, por, entre, más o menos, menos, aproximadamente, a',
  ),
  it: table(
    'e, chiocciola, punto, barra, trattino, trattino basso, più, due punti, oltre, sotto, maggiore di, minore di, ' +
      'almeno, al massimo, uguale a, per cento, per, diviso, più o meno, meno, circa, a',
  ),
  nl: table(
    'en, apenstaartje, punt, slash, streepje, underscore, plus, dubbele punt, meer dan, minder dan, groter dan, ' +
      'kleiner dan, minstens, hoogstens, is, procent, keer, gedeeld door, plus of min, min, ongeveer, tot',
  ),
  pt: table(
    'e, arroba, ponto, barra, hífen, sublinhado, mais, dois pontos, mais de, menos de, maior que, menor que, ' +
      'pelo menos, no máximo, igual a, por cento, vezes, dividido por, mais ou menos, menos, cerca de, a',
  ),
};

/**
 * The words of a language by its BCP 47 tag ("de", "de-AT"); null if the table lacks it, and its voices say symbols
 * themselves.
 */
export function symbolWords(language: string): SymbolWords | null {
  return tables[language.toLowerCase().split('-')[0] ?? ''] ?? null;
}

/** The words in the order of `names`. */
function table(list: string): SymbolWords {
  const words = list.split(', ');
  return Object.fromEntries(names.map((name, index) => [name, words[index] ?? ''])) as SymbolWords;
}
