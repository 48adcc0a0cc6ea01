/**
 * Detects words that end in the middle of a number or name said sign by sign ("four … one … five", "B … seven … K").
 * Digit words depend on the language (`turnTaking.digitWords`); letters and numerals do not. The exceptions below are
 * English.
 */

const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Letter names as recognisers write them, and the spelling alphabet. They count only after a digit or a letter. */
const letterNames = setOf(
  'bee be cee see sea dee gee jay kay el ell em en pea pee cue queue are ar ess tea tee you vee ex why zed zee eye ' +
    'won too ate alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november ' +
    'oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu',
);

/** Words between digits and letters. */
const separators = setOf('dash hyphen dot point slash underscore space plus star hash comma');

/** Words before a digit that is repeated. */
const multipliers = setOf('double triple treble');

/** A digit after one of these is a time, an amount or a choice: "at five", "for two", "one or two", "the last two". */
const amountWords = setOf(
  'at for by to in of or until till before after around about past than only just all these those the this that which ' +
    'every each any another no some last first next other option hundred thousand and a an my your our ' +
    'twenty thirty forty fifty sixty seventy eighty ninety',
);

/** "A" and "I" are letters at the beginning, after one of these, and after other letters. */
const beforeA = new Set(['', "it's", 'is', ...multipliers]);

/** "One" is a pronoun ("the red one") unless it is alone or follows one of these. */
const beforeOne = setOf("um uh er yes yeah okay ok so well it's its is number code digit digits");

/** Questions that ask for a time or an amount, so that a digit is the whole answer. */
const amountQuestion = /\b((what|which) (time|hour|day|size|floor)|how (many|much|old|long)|when)\b/;

/** Words of questions for a number that callers also say in pairs: "fifty five … twelve … oh nine". */
const numberNouns = setOf('number digits code pin zip postcode telephone phone mobile cell');
const tens = setOf('twenty thirty forty fifty sixty seventy eighty ninety');
const pairs = setOf(
  'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen hundred ' +
    [...tens].join(' '),
);

/** Words for "or" in a question that offers a choice. */
const choiceWords = setOf('or oder ou');

/** Scripts in which a single letter is a spelled letter. In others one sign may be a word: 是 means "yes". */
const letter = /^[a-zäöüßñçåøæ\p{Script=Greek}\p{Script=Cyrillic}]$/u;
const numeral = /^\p{Nd}$/u;
/** Several digits, or digits that the recogniser joined with a letter. */
const group = /^(\p{Nd}{2,}|[a-z]\p{Nd}+[a-z]?|\p{Nd}+[a-z])$/u;

/**
 * Whether the words may be the beginning of a longer number or name, so that more digits or letters are expected.
 * `question`: the agent's last question. If it offers digits or letters to choose from ("One or two?"), or asks for a
 * time or an amount ("How many?"), a single digit or letter is the whole answer.
 */
export function endsSpelled(
  said: readonly string[],
  digitWords: readonly string[],
  question: readonly string[] = [],
): boolean {
  const last = said.at(-1);
  if (last === undefined) return false;
  const before = said.slice(0, -1);
  const previous = before.at(-1);
  const follows = endsInSign(before, digitWords);
  if (endsInPair(said, digitWords) && asksForNumber(question) && !wantsOne(question, digitWords)) return true;
  if (group.test(last)) return true;
  if (multipliers.has(last)) return previous === undefined || follows || !amountWords.has(previous);
  const isFirst = isDigit(last, digitWords)
    ? isFirstDigit(last, previous)
    : letter.test(last) && endsInSign(said, digitWords);
  if (isFirst) return follows || !wantsOne(question, digitWords);
  const mayFollow = isDigit(last, digitWords) || separators.has(last) || letterNames.has(last);
  return (mayFollow && follows) || explainsLetter(before);
}

/** Whether the last words are a number below one hundred, or "hundred", behind nothing that makes it an amount. */
function endsInPair(said: readonly string[], digitWords: readonly string[]): boolean {
  const last = said.at(-1) ?? '';
  const first = isDigit(last, digitWords) && tens.has(said.at(-2) ?? '') ? -2 : -1;
  if (first === -1 && !pairs.has(last)) return false;
  const previous = said.at(first - 1);
  return previous === undefined || !amountWords.has(previous) || tens.has(previous);
}

/** "What is your number?", but not "What number of guests?". */
function asksForNumber(question: readonly string[]): boolean {
  return question.some(
    (word, at) => numberNouns.has(word) && !(word === 'number' && question[at + 1] === 'of'),
  );
}

function wantsOne(question: readonly string[], digitWords: readonly string[]): boolean {
  if (amountQuestion.test(question.join(' '))) return true;
  const isOffered = (word: string | undefined): boolean =>
    word !== undefined && (isDigit(word, digitWords) || (letter.test(word) && !/^[ai]$/.test(word)));
  return question.some(
    (word, at) => choiceWords.has(word) && (isOffered(question[at - 1]) || isOffered(question[at + 1])),
  );
}

/** Whether the last word is a digit or a letter, but not part of a time ("nine p.m.") or a word of one letter. */
function endsInSign(said: readonly string[], digitWords: readonly string[]): boolean {
  const last = said.at(-1);
  if (last === undefined) return false;
  const previous = said.at(-2) ?? '';
  if (isDigit(last, digitWords) || group.test(last)) return true;
  if (!letter.test(last))
    return letterNames.has(last) && said.length > 1 && endsInSign(said.slice(0, -1), digitWords);
  if (last === 'm' && (previous === 'a' || previous === 'p')) return letter.test(said.at(-3) ?? 'a');
  if (last === 'k' && previous === 'o') return false;
  if (last === 'a' || last === 'i') return beforeA.has(previous) || endsInSign(said.slice(0, -1), digitWords);
  return true;
}

function isDigit(word: string, digitWords: readonly string[]): boolean {
  return numeral.test(word) || digitWords.some((digit) => digit.toLowerCase() === word);
}

/** Whether a digit without another before it begins a number, and is not a time, an amount or a pronoun. */
function isFirstDigit(digit: string, previous: string | undefined): boolean {
  if (previous === undefined) return true;
  return digit === 'one' ? beforeOne.has(previous) || multipliers.has(previous) : !amountWords.has(previous);
}

/** "B for", "B as in", "B like", where the next word explains the letter. */
function explainsLetter(before: readonly string[]): boolean {
  const [letterAt, joint] = before.at(-1) === 'in' ? [-3, before.at(-2)] : [-2, before.at(-1)];
  const explained = before.at(letterAt) ?? '';
  return ['as', 'for', 'like'].includes(joint ?? '') && letter.test(explained) && !/^[ai]$/.test(explained);
}
