/**
 * A decoder's text as a transcript: lower case, without fillers (`<sil>`, `[noise]`, `++breath++`) and without the
 * numbers of alternative pronunciations (`read(2)`); underscores, which tie words together in a grammar, are spaces.
 */
export function transcriptText(decoded: string): string {
  return decoded
    .toLowerCase()
    .replace(/<[^<>\s]*>|\[[^[\]\s]*\]|\+\+[^+\s]*\+\+|\(\d+\)/g, ' ')
    .replace(/[_\s]+/g, ' ')
    .trim();
}
