/** Days as callers say them, kept in the caller's words. */

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

const dayPattern = new RegExp(
  `\\b(?:(?:next )?(?:${weekdays.join('|')})(?: next week)?|the day after tomorrow|tomorrow|today|next week)\\b`,
  'g',
);

/** "next week" names no day, so the desk must ask which one. */
export const someDayNextWeek = 'next week';

/** The last day in the text, in lower case ("friday", "next friday", "tomorrow"), since a correction comes last. */
export function findDay(text: string): string | null {
  return text.match(dayPattern)?.at(-1) ?? null;
}

/** The day for a weekday that answers "which day next week?". */
export function withinNextWeek(day: string): string {
  return (weekdays as readonly string[]).includes(day) ? `${day} next week` : day;
}

/** Whether the desk is closed on that day. */
export function isClosedOn(day: string): boolean {
  return day.includes('sunday');
}

/** The day as it is spoken in a sentence: "Friday", "next Friday", "tomorrow". */
export function sayDay(day: string): string {
  return day.replace(/\b\w+day\b/g, (name) =>
    (weekdays as readonly string[]).includes(name) ? `${name.charAt(0).toUpperCase()}${name.slice(1)}` : name,
  );
}

/** The day with its preposition: "on Friday", but "next Friday" and "tomorrow". */
export function sayOnDay(day: string): string {
  return (weekdays as readonly string[]).some((weekday) => day.startsWith(weekday))
    ? `on ${sayDay(day)}`
    : sayDay(day);
}
