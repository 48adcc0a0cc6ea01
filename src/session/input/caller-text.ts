/** Text rules of turn taking: whether a turn is finished, is only a backchannel, or has confirmed words. */
import { endsSpelled } from '../turn-taking/spelling.js';
import type { TurnTaking } from '../turn-taking/turn-taking.js';

/** Words after which an English phrase nearly always goes on. */
const openEnded = new Set(
  (
    'a an the my your his our their to for from at of with about into and or but because if when while than ' +
    'i we they want um uh er let'
  ).split(' '),
);

/** Things that callers spell or read out after "is": "my number is …". */
const spelledThings = new Set(
  (
    'number phone mobile telephone fax name surname code postcode zip pin id reference account extension address email ' +
    'licence license plate registration birthday'
  ).split(' '),
);

const timeOfDay = /\b\d{1,2}:\d{2}\b/g;

/** Lower-case words without punctuation; hyphens separate. */
export function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{M}\p{N}']+/gu) ?? []
  );
}

/** Whether two texts have the same words, regardless of case and punctuation. */
export function saysTheSame(one: string, other: string): boolean {
  return words(one).join(' ') === words(other).join(' ');
}

/**
 * Whether two texts are the same for whoever answers them: regardless of case and of the punctuation of sentences, but not of
 * signs within words ("-5", "10.5", "C++").
 */
export function readsTheSame(one: string, other: string): boolean {
  return plainWords(one) === plainWords(other);
}

function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/(?<=\p{L})-(?=\p{L})/gu, ' ')
    .split(/\s+/)
    .map(withoutMarks)
    .filter((word) => word !== '')
    .join(' ');
}

const opening = new Set('¿¡"\'“‘(');
const closing = new Set('.,!?;:…"\'”’)');

/** The word without the punctuation around it. */
function withoutMarks(word: string): string {
  let from = 0;
  let to = word.length;
  while (from < to && opening.has(word.charAt(from))) from++;
  while (to > from && closing.has(word.charAt(to - 1))) to--;
  return word.slice(from, to);
}

/** Whether `text` has the words of `part` in a row, regardless of case and punctuation. */
export function contains(text: string, part: string): boolean {
  return ` ${words(text).join(' ')} `.includes(` ${words(part).join(' ')} `);
}

/** Whether the text consists of backchannels only. False for a text without words. */
export function isBackchannel(text: string, backchannels: readonly string[]): boolean {
  const said = words(text);
  return said.length > 0 && withoutBackchannels(said, backchannels).length === 0;
}

/**
 * Whether the two latest partials begin with the same words, at least `bargeInWords` of them after any backchannels.
 * One partial is not enough: in noise, recognisers guess words and take them back.
 */
export function confirmsSpeech(previous: string, current: string, turnTaking: TurnTaking): boolean {
  const before = words(previous);
  const now = words(current);
  let shared = 0;
  while (shared < now.length && now[shared] === before[shared]) shared++;
  return withoutBackchannels(now.slice(0, shared), turnTaking.backchannels).length >= turnTaking.bargeInWords;
}

/** The words after any leading backchannels; longer backchannels are matched first. */
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

/**
 * Silence in milliseconds after the caller's last speech before a turn with this text is committed. `agentSaid`: the
 * heard text of the agent's latest turn.
 */
export function commitSilenceMs(text: string, turnTaking: TurnTaking, agentSaid = ''): number {
  const { endSilenceMs, digitRunMs, unfinishedPhraseMs, digitWords } = turnTaking;
  const said = words(text.replace(timeOfDay, ' time '));
  if (endsSpelled(said, digitWords, words(questionIn(agentSaid)))) return Math.max(digitRunMs, endSilenceMs);
  return isUnfinished(said) ? Math.max(unfinishedPhraseMs, endSilenceMs) : endSilenceMs;
}

function isUnfinished(said: readonly string[]): boolean {
  const last = said.at(-1);
  const previous = said.at(-2);
  if (last === "it's") return true;
  if (last === undefined || previous === undefined) return false;
  return openEnded.has(last) || (last === 'is' && spelledThings.has(previous));
}

/** The last question in a text; without one, its last sentence. */
function questionIn(text: string): string {
  const sentences = text.match(/[^.!?]+[.!?]*/g) ?? [];
  return sentences.findLast((sentence) => sentence.includes('?')) ?? sentences.at(-1) ?? '';
}
