/**
 * What makes a terminal put text on the clipboard, also from afar (OSC 52 of the XTerm control sequences). Terminals that
 * do not know it or do not allow it ignore it.
 */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}
