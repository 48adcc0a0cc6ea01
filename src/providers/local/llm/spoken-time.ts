/** Times of day as callers say them: "half past two", "ten thirty a.m.", "3 pm", "noon". */

/** A time of day on the 24-hour clock. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

export type DayPart = 'morning' | 'afternoon' | 'evening';

const hourNames = [
  'twelve',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
];
const minuteNames: Readonly<Record<string, number>> = {
  five: 5,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  'twenty five': 25,
  thirty: 30,
  'thirty five': 35,
  forty: 40,
  'forty five': 45,
  fifty: 50,
  'fifty five': 55,
};

const hourWord = `(?<hour>${hourNames.join('|')}|1[0-2]|[1-9])`;
const half = String.raw`(?: ?(?<half>a\.?m\b\.?|p\.?m\b\.?|a m\b|p m\b)| (?:in the|this) (?<part>morning|afternoon|evening))?`;
const minuteWord = `(?:oh )?(?<minute>${Object.keys(minuteNames)
  .sort((a, b) => b.length - a.length)
  .join('|')})`;

/** Patterns that are times anywhere in a text. */
const certain = [
  new RegExp(String.raw`\b(?<offset>half past|quarter past|quarter to) ${hourWord}\b${half}`),
  new RegExp(String.raw`\b${hourWord}[:.](?<digits>[0-5][0-9])\b${half}`),
  new RegExp(String.raw`\b${hourWord} ${minuteWord}\b${half}`),
  new RegExp(String.raw`\b${hourWord} (?:o'?clock)\b${half}`),
  new RegExp(String.raw`\b${hourWord}${half.slice(0, -1)}`),
];

/** A bare number is a time after one of these words, or if the text has no other words. */
const bare = new RegExp(
  String.raw`(?:^|\b(?:at|for|to|about|around|by|it|said|yes|no|day|tomorrow|today|week|morning|afternoon|please) )${hourWord}(?: please)?(?=$| (?:on|next|this|today|tomorrow|please|for)\b| \w+day\b)`,
);

/**
 * The time in a caller's words (lower case), or null. Without "a.m.", "in the afternoon" or the like, hours from eight
 * to eleven mean the morning and all others the afternoon, as in office hours.
 */
export function findTime(text: string): TimeOfDay | null {
  if (/\b(?:noon|midday)\b/.test(text) && !/\bafter ?noon\b/.test(text)) return { hour: 12, minute: 0 };
  for (const pattern of [...certain, bare]) {
    const found = pattern.exec(text)?.groups;
    if (found) return toTime(found, findDayPart(text));
  }
  return null;
}

/** The part of the day that the text mentions, or null. */
export function findDayPart(text: string): DayPart | null {
  return (/(?<!good )\b(?:morning|afternoon|evening)\b/.exec(text)?.[0] ?? null) as DayPart | null;
}

/** The time as spoken on the phone: "three", "ten thirty", "noon". */
export function sayTime({ hour, minute }: TimeOfDay): string {
  if (hour === 12 && minute === 0) return 'noon';
  const hourName = hourNames[hour % 12] ?? String(hour);
  if (minute === 0) return hourName;
  const minuteName = Object.entries(minuteNames).find(([, value]) => value === minute)?.[0] ?? String(minute);
  return `${hourName} ${minute < 10 ? 'oh ' : ''}${minuteName}`;
}

/** The time in the form for tools: "14:30". */
export function clockTime({ hour, minute }: TimeOfDay): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** Whether an appointment may begin then: from nine in the morning to half past five. */
export function isWithinHours({ hour }: TimeOfDay): boolean {
  return hour >= 9 && hour < 18;
}

function toTime(found: Readonly<Record<string, string | undefined>>, mentioned: DayPart | null): TimeOfDay {
  const named = hourNames.indexOf(found.hour ?? '');
  const hour = named === -1 ? Number(found.hour) % 12 : named;
  const minute = found.digits ? Number(found.digits) : (minuteNames[found.minute ?? ''] ?? 0);
  const isMorning = found.half
    ? found.half.startsWith('a')
    : mentioned
      ? mentioned === 'morning'
      : hour >= 8 && hour <= 11;
  const minutes = (isMorning ? hour : hour + 12) * 60 + minute + offsetMinutes(found.offset);
  return { hour: Math.floor(minutes / 60) % 24, minute: minutes % 60 };
}

function offsetMinutes(offset: string | undefined): number {
  if (offset === 'half past') return 30;
  if (offset === 'quarter past') return 15;
  return offset === 'quarter to' ? -15 : 0;
}

/** The inverse of {@link clockTime}; null for anything else. */
export function parseClockTime(text: string): TimeOfDay | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return found ? { hour: Number(found[1]), minute: Number(found[2]) } : null;
}
