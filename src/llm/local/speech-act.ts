/** What the appointment desk can say, before it is put into words. */
import type { DayPart, TimeOfDay } from './spoken-time.js';
import type { Task } from './understanding.js';

/** A task that the caller confirms before it is done; checking is answered at once. */
export type BookingTask = Exclude<Task, 'check'>;

/** When an appointment is or shall be, as far as that is known. */
export interface Slots {
  readonly day: string | null;
  readonly time: TimeOfDay | null;
}

/** One thing to say. An answer is a list of them. */
export type SpeechAct =
  | { readonly act: 'greet' | 'welcome' | 'listening' | 'no_problem' | 'thanks_back' | 'take_your_time' }
  | { readonly act: 'opening_hours' | 'closed_day' | 'closed_hour' | 'left_as_is' }
  /** After these two the call ends. */
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
  /** The caller's appointment; `askedDay` where the caller asked about one day. */
  | { readonly act: 'appointment'; readonly slots: Slots | null; readonly askedDay: string | null }
  /** `times`: how often in a row, this time included. */
  | { readonly act: 'not_understood'; readonly times: number; readonly asked: Asked };

/** What an answer asked the caller for. */
export type Asked = 'task' | 'slots' | 'confirmation' | 'more';

/** Not spoken: it becomes a tool call. */
export interface Submission {
  readonly act: 'submit';
  readonly task: BookingTask;
  readonly slots: Slots;
}
