/** What the chat API streams, piece by piece, and texts for it. */
export const question = 'Which day suits you?';
export const thought = 'Okay, the caller wants an appointment.';

export function chunk(delta: object, more: object = {}): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\n\n`;
}

export const stop = `${chunk({}, { finish_reason: 'stop' })}data: [DONE]\n\n`;

export function said(text: string): string {
  return chunk({ content: text });
}

/** A whole answer with one character in each chunk. */
export function spelled(text: string): string {
  return Array.from(text, said).join('') + stop;
}

/** Answers for the simulator, one for each request; the last one repeats. */
export function recordings(...sse: readonly string[]): () => { readonly sse: string } {
  let answers = 0;
  return () => ({ sse: sse[Math.min(answers++, sse.length - 1)] ?? '' });
}
