/** What the appointment desk can say, independent of wording. */
import type { DayPart, TimeOfDay } from './spoken-time.js';
import type { Task } from './understanding.js';

/** A task that needs the caller's confirmation; `check` is answered at once. */
export type BookingTask = Exclude<Task, 'check'>;

/** The day and time of an appointment; null if unknown. */
export interface Slots {
  readonly day: string | null;
  readonly time: TimeOfDay | null;
}

/** One thing to say. An answer is a list of them. */
export type SpeechAct =
  | { readonly act: 'greet' | 'welcome' | 'listening' | 'no_problem' | 'thanks_back' | 'take_your_time' }
  | { readonly act: 'opening_hours' | 'closed_day' | 'closed_hour' | 'left_as_is' }
  /** The call ends after either of these. */
  | { readonly act: 'transfer' | 'farewell' }
  | { readonly act: 'ask_task' | 'ask_more' | 'ask_day_next_week' }
  | { readonly act: 'ask_day'; readonly task: BookingTask }
  | { readonly act: 'ask_time'; readonly day: string; readonly dayPart: DayPart | null }
  | { readonly act: 'ask_other_slots' }
  /** `submit` is not spoken: it becomes a tool call. */
  | {
      readonly act: 'confirm' | 'submit' | 'done' | 'failed';
      readonly task: BookingTask;
      readonly slots: Slots;
    }
  | { readonly act: 'number'; readonly digits: string }
  /** The caller's appointment; `askedDay` is the day that the caller asked about, if any. */
  | { readonly act: 'appointment'; readonly slots: Slots | null; readonly askedDay: string | null }
  /** `times`: how many times in a row, including this one. */
  | { readonly act: 'not_understood'; readonly times: number; readonly asked: Asked };

/** What an answer asked the caller for. */
export type Asked = 'task' | 'slots' | 'confirmation' | 'more';

/** Not spoken: it becomes a tool call. */
export interface Submission {
  readonly act: 'submit';
  readonly task: BookingTask;
  readonly slots: Slots;
}
