/**
 * The control sequence that puts text on the terminal's clipboard, also over SSH (XTerm's OSC 52). Terminals that do
 * not support or allow it ignore it.
 */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}
