/** How e-mail and web addresses are said, so that a listener could write them down. */
import type { SymbolWords } from './symbol-words.js';

/** Longer paths, and those of codes rather than words, are noise to a listener: only the host is said. */
const longestPath = 40;
const codeLike = /%|\d{5}|(?=[a-z]*\d)[a-z\d]{12}/i;

/** "name dot last at example dot com". Without words for the symbols the address stays as it is. */
export function sayEmail(address: string, words: SymbolWords | null): string {
  return words ? saySymbols(address, words) : address;
}

/**
 * "example dot com slash help": no scheme, no "www.", no query, no fragment. Without words for the symbols only what is
 * noise is dropped.
 */
export function sayUrl(url: string, words: SymbolWords | null): string {
  const [, host = '', path = ''] =
    /^(?:[a-z][a-z\d+.-]*:\/\/)?(?:www\.(?=[^/?#]*\.))?(?:[^/?#@]*@)?([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  const trimmed = path.replace(/\/+$/, '');
  const isSayable = trimmed.length <= longestPath && !codeLike.test(trimmed);
  const short = host + (isSayable ? trimmed : '');
  return words ? saySymbols(short, words) : short;
}

function saySymbols(address: string, words: SymbolWords): string {
  const names: Readonly<Record<string, string>> = {
    '.': words.dot,
    '@': words.at,
    '/': words.slash,
    '-': words.dash,
    _: words.underscore,
    '+': words.plus,
    ':': words.colon,
  };
  return address
    .replace(/[.@/\-_+:]/g, (symbol) => ` ${names[symbol] ?? symbol} `)
    .replace(/ +/g, ' ')
    .trim();
}
