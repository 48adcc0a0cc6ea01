/** Spells e-mail and web addresses so that a listener could write them down. */
import type { SymbolWords } from './symbol-words.js';

/** Longer paths, and paths of codes instead of words, are useless to a listener: only the host is said. */
const longestPath = 40;
const codeLike = /%|\d{5}|(?=[a-z]{0,11}\d)[a-z\d]{12}/i;

/** "name dot last at example dot com". Without words for the symbols the address stays unchanged. */
export function sayEmail(address: string, words: SymbolWords | null): string {
  return words ? saySymbols(address, words) : address;
}

/**
 * "example dot com slash help": no scheme, no "www.", no query, no fragment. Without words for the symbols, the address
 * is only shortened.
 */
export function sayUrl(url: string, words: SymbolWords | null): string {
  const [, host = '', path = ''] =
    /^(?:[a-z][a-z\d+.-]*:\/\/)?(?:www\.(?=[^/?#]*\.))?(?:[^/?#@]*@)?([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  const trimmed = withoutSlashes(path);
  const isSayable = trimmed.length <= longestPath && !codeLike.test(trimmed);
  const short = host + (isSayable ? trimmed : '');
  return words ? saySymbols(short, words) : short;
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
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
