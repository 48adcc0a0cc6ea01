/** The words of a transcript, as Deepgram separates them. */
export function wordsOf(transcript: string): string[] {
  return transcript.split(/\s+/).filter((word) => word !== '');
}

/** A transcript without its first words. */
export function dropWords(transcript: string, count: number): string {
  return count === 0 ? transcript.trim() : wordsOf(transcript).slice(count).join(' ');
}
