/** Finds the meaning of one utterance by keywords, so that any recogniser's transcripts work. */
import { findDay } from './spoken-day.js';
import { findDayPart, findTime, type DayPart, type TimeOfDay } from './spoken-time.js';

/** What a caller can ask the desk to do. */
export type Task = 'book' | 'reschedule' | 'cancel' | 'check';

/** What a caller can say at any point without leaving the current task. */
export type Aside =
  'repeat' | 'person' | 'hours' | 'goodbye' | 'thanks' | 'hello' | 'hold' | 'never_mind' | 'unfinished';

export interface Understanding {
  readonly task: Task | null;
  readonly aside: Aside | null;
  readonly answer: 'yes' | 'no' | null;
  readonly day: string | null;
  readonly dayPart: DayPart | null;
  readonly time: TimeOfDay | null;
  /** Whether the caller refers back: "move it", "change that". */
  readonly saysIt: boolean;
  /** A phone or confirmation number, as digits. */
  readonly digits: string | null;
}

/**
 * The first match wins, so the order matters: "reschedule" contains "schedule", "check my appointment" contains
 * "appointment".
 */
const tasks: readonly (readonly [Task, RegExp])[] = [
  ['cancel', /\bcancel/],
  ['reschedule', /\b(?:re-?schedul\w*|move|moving|change|postpone|push back)\b/],
  ['check', /\b(?:check|when is|when's|what time is|what day is|do i have)\b/],
  ['book', /\b(?:book\w*|schedule|set up|make an|make my|new appointment|appointment)\b/],
];

const asides: readonly (readonly [Aside, RegExp])[] = [
  [
    'repeat',
    /\b(?:repeat|say (?:that|it) again|what was that|what did you say|come again|pardon|didn't (?:hear|catch|get))\b/,
  ],
  ['person', /\b(?:human|person|operator|receptionist|representative|someone|somebody|real agent)\b/],
  ['hours', /\b(?:hours|are you open|you open|do you close|you close)\b/],
  ['never_mind', /^(?:(?:no|stop|please) )*cancel(?: it| that)?(?: please)?$|\b(?:never ?mind|forget it)\b/],
  ['goodbye', /\b(?:goodbye|good bye|bye|that's all|that is all|that's it|nothing else|hang up)\b/],
  ['thanks', /\b(?:thanks|thank you)\b/],
  ['hold', /\b(?:wait|hold on|one moment|just a moment|just a second|hang on)\b/],
  [
    'unfinished',
    /^(?:(?:yes|no) )?(?:i would like to|i'd like to|i want to|i need to|can i|could i|can you|please)(?: make| book it)?$/,
  ],
  ['hello', /\b(?:hello|hi|hey|good (?:morning|afternoon|evening))\b/],
];

// "mhm" does not count as yes: recognisers confuse it with a cough, and a yes may book or cancel something.
const yes =
  /\b(?:yes|yeah|yep|yup|sure|okay|ok|correct|right|confirm|absolutely|definitely|fine|sounds good|go ahead|please do|perfect|great)\b/;
const no = /\b(?:no|nope|nah|wrong|incorrect|not right|don't|do not|never mind|stop)\b/;

const digitNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** Reads one utterance. Pure; never throws, for any text. */
export function understand(utterance: string): Understanding {
  const text = normalize(utterance);
  const digits = findDigits(text);
  const aside = first(asides, text);
  // "Can I speak to someone about my appointment" contains a keyword but no task.
  const task = aside === 'person' || aside === 'hours' || aside === 'repeat' ? null : first(tasks, text);
  return {
    task,
    aside,
    answer: findAnswer(text),
    day: findDay(text),
    dayPart: findDayPart(text),
    time: digits === null ? findTime(text) : null,
    saysIt: /\b(?:it|that)\b/.test(text),
    digits,
  };
}

/** Lower case, single spaces, and only punctuation that belongs to words and times. */
function normalize(utterance: string): string {
  return utterance
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[^\p{L}\p{N}':.-]+/gu, ' ')
    .replace(/(?<!\b[ap]\.m|\b[ap])\.(?!\d)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A "no" anywhere wins, so "no, that's right" is not a yes. */
function findAnswer(text: string): 'yes' | 'no' | null {
  if (no.test(text)) return 'no';
  return yes.test(text) ? 'yes' : null;
}

const spokenDigits = new RegExp(
  `\\b(?:oh|${digitNames.join('|')})(?: (?:oh|${digitNames.join('|')})\\b){2,}`,
);

/** A run of at least three spoken or four written digits; shorter ones are times. */
function findDigits(text: string): string | null {
  const written = /(?:^|\s)(\d(?:[ -]?\d){3,})(?=$|\s)/.exec(text)?.[1];
  if (written !== undefined) return written.replace(/\D/g, '');
  const spoken = spokenDigits.exec(text)?.[0];
  if (spoken === undefined) return null;
  return spoken
    .split(' ')
    .map((name) => (name === 'oh' ? 0 : digitNames.indexOf(name)))
    .join('');
}

function first<T>(table: readonly (readonly [T, RegExp])[], text: string): T | null {
  return table.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}
