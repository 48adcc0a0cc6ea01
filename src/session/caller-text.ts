/** What a caller's words say about the turn: is it finished, is it a mere backchannel, are these words for real? */
import type { TurnTaking } from './turn-taking.js';

/** Words after which an English phrase nearly always goes on. */
const openEnded = new Set(
  (
    'a an the my your his our their to for from at of with about into and or but because if when while than ' +
    'i we they want um uh er let'
  ).split(' '),
);

const digitWords = new Set('zero oh one two three four five six seven eight nine'.split(' '));

/** Lower-case words without punctuation; hyphens separate. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}']+/gu) ?? [];
}

/** Whether two texts have the same words, however they are written. */
export function saysTheSame(one: string, other: string): boolean {
  return words(one).join(' ') === words(other).join(' ');
}

/** Whether a text has all the words of another, in a row, however they are written. */
export function contains(text: string, part: string): boolean {
  return ` ${words(text).join(' ')} `.includes(` ${words(part).join(' ')} `);
}

/** Whether all that was said is a backchannel, once or several times. Nothing said is none. */
export function isBackchannel(text: string, backchannels: readonly string[]): boolean {
  const said = words(text);
  return said.length > 0 && withoutBackchannels(said, backchannels).length === 0;
}

/**
 * Whether the two latest partials agree on enough words, from the first on, that are no backchannel. One partial alone
 * proves nothing: noise makes recognisers guess words and take them back.
 */
export function confirmsSpeech(previous: string, current: string, turnTaking: TurnTaking): boolean {
  const before = words(previous);
  const now = words(current);
  let shared = 0;
  while (shared < now.length && now[shared] === before[shared]) shared++;
  return withoutBackchannels(now.slice(0, shared), turnTaking.backchannels).length >= turnTaking.bargeInWords;
}

/** What remains when backchannels are taken off the front, the longest first. */
function withoutBackchannels(said: readonly string[], backchannels: readonly string[]): readonly string[] {
  const phrases = backchannels.map(words).filter((phrase) => phrase.length > 0);
  phrases.sort((a, b) => b.length - a.length);
  let rest = said;
  for (;;) {
    const front = rest;
    const phrase = phrases.find((candidate) => candidate.every((word, index) => word === front[index]));
    if (!phrase) return rest;
    rest = rest.slice(phrase.length);
  }
}

/** Silence to wait after the caller's last speech before a turn with this text is committed. */
export function commitSilenceMs(text: string, turnTaking: TurnTaking): number {
  const said = words(text);
  const last = said.at(-1);
  if (last === undefined) return turnTaking.endSilenceMs;
  if (endsInDigitRun(said)) return Math.max(turnTaking.digitRunMs, turnTaking.endSilenceMs);
  if (said.length > 1 && openEnded.has(last)) {
    return Math.max(turnTaking.unfinishedPhraseMs, turnTaking.endSilenceMs);
  }
  return turnTaking.endSilenceMs;
}

function endsInDigitRun(said: readonly string[]): boolean {
  const tail = said.slice(-2);
  if (/^\d{2,}$/.test(tail.at(-1) ?? '')) return true;
  return tail.length === 2 && tail.every((word) => digitWords.has(word) || /^\d+$/.test(word));
}
