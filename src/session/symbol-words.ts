/** What symbols are called where they must be said: in addresses, and "&". */
export interface SymbolWords {
  readonly and: string;
  readonly at: string;
  readonly dot: string;
  readonly slash: string;
  readonly dash: string;
  readonly underscore: string;
  readonly plus: string;
  readonly colon: string;
}

const tables: Readonly<Record<string, SymbolWords>> = {
  en: table('and, at, dot, slash, dash, underscore, plus, colon'),
  de: table('und, at, Punkt, Schrägstrich, Bindestrich, Unterstrich, plus, Doppelpunkt'),
  fr: table('et, arobase, point, slash, tiret, tiret bas, plus, deux-points'),
  es: table('y, arroba, punto, barra, guion, guion bajo, más, dos puntos'),
  it: table('e, chiocciola, punto, barra, trattino, trattino basso, più, due punti'),
  nl: table('en, apenstaartje, punt, slash, streepje, underscore, plus, dubbele punt'),
  pt: table('e, arroba, ponto, barra, hífen, sublinhado, mais, dois pontos'),
};

/**
 * The words of a language, given by its BCP 47 tag ("de", "de-AT"); null for one that is not in the table, whose
 * voices are left to say symbols as they know best.
 */
export function symbolWords(language: string): SymbolWords | null {
  return tables[language.toLowerCase().split('-')[0] ?? ''] ?? null;
}

function table(words: string): SymbolWords {
  const [and = '', at = '', dot = '', slash = '', dash = '', underscore = '', plus = '', colon = ''] =
    words.split(', ');
  return { and, at, dot, slash, dash, underscore, plus, colon };
}
