/** The appointment desk's wording: short spoken sentences, chosen by the number of the turn. */
import type { Asked, BookingTask, Slots, SpeechAct } from './speech-act.js';
import { sayDay, sayOnDay } from './spoken-day.js';
import { sayTime } from './spoken-time.js';

/** Wordings that mean the same. */
type Wordings = readonly [string, ...string[]];

/** Puts an answer into words. `turn`, counted from 0, chooses among the wordings. */
export function phrase(answer: readonly SpeechAct[], turn: number): string {
  return answer
    .map((act) => {
      const wordings = wordingsOf(act);
      return wordings[turn % wordings.length] ?? wordings[0];
    })
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function wordingsOf(said: SpeechAct): Wordings {
  switch (said.act) {
    case 'greet':
      return ['Hello, this is the appointment desk. How can I help you?'];
    case 'welcome':
      return ['Hello!', 'Hello there.'];
    case 'listening':
      return ['Sure.', 'Of course.'];
    case 'no_problem':
      return ['No problem.', 'All right.'];
    case 'thanks_back':
      return ["You're welcome.", 'My pleasure.'];
    case 'take_your_time':
      return ["Of course, take your time. I'm here.", "Sure, I'll wait."];
    case 'opening_hours':
      return ["We're open Monday to Saturday, from nine to six."];
    case 'closed_day':
      return ["I'm sorry, we're closed on Sundays."];
    case 'closed_hour':
      return ["I'm sorry, we're only open from nine to six."];
    case 'left_as_is':
      return ["All right, I've left everything as it is.", "Okay, I haven't changed anything."];
    case 'transfer':
      return ["Of course. One moment please, I'm putting you through to a colleague."];
    case 'farewell':
      return ['Thank you for calling. Goodbye!', 'Thanks for calling. Have a nice day. Goodbye!'];
    case 'ask_task':
      return ['Would you like to book, move or cancel an appointment?', 'What can I do for you?'];
    case 'ask_more':
      return ['Is there anything else I can do?', 'Can I help you with anything else?'];
    case 'ask_day':
      return questions[said.task];
    case 'ask_day_next_week':
      return ['Which day next week?', 'Which day next week suits you?'];
    case 'ask_time': {
      const day =
        said.dayPart === null ? sayOnDay(said.day) : `${sayOnDay(said.day)}, in the ${said.dayPart}`;
      return [`What time ${day}?`, `And what time suits you ${day}?`];
    }
    case 'ask_other_slots':
      return ['Which day and time would you like instead?', 'What day and time would suit you better?'];
    case 'confirm':
      return confirmations[said.task](said.slots);
    case 'submit':
      return [''];
    case 'done':
      return [outcomes[said.task].done(said.slots)];
    case 'failed':
      return [`I'm sorry, ${outcomes[said.task].failed(said.slots)}.`];
    case 'number':
      return [`Thank you, I've noted ${said.digits.split('').join(' ')}.`];
    case 'appointment':
      return [appointment(said.slots, said.askedDay)];
    case 'not_understood':
      return said.times === 1 ? ["Sorry, I didn't get that."] : [help(said.times, said.asked)];
  }
}

const questions: Readonly<Record<BookingTask, Wordings>> = {
  book: ['What day would you like?', 'Which day suits you?'],
  reschedule: ['What day would you like to move it to?', 'Which day would suit you better?'],
  cancel: ['Which day is your appointment?', 'What day is the appointment on?'],
};

const confirmations: Readonly<Record<BookingTask, (slots: Slots) => Wordings>> = {
  book: (slots) => [
    `So that's ${when(slots)}. Shall I book it?`,
    `${capital(when(slots))}. Shall I book that for you?`,
  ],
  reschedule: (slots) => [
    `So that's ${when(slots)} instead. Shall I move it?`,
    `${capital(when(slots))} instead. Shall I change it?`,
  ],
  cancel: (slots) => [`Shall I cancel your appointment ${onWhen(slots)}?`],
};

const outcomes: Readonly<
  Record<BookingTask, { readonly done: (slots: Slots) => string; readonly failed: (slots: Slots) => string }>
> = {
  book: {
    done: (slots) => `You're booked for ${when(slots)}.`,
    failed: (slots) => `I couldn't book ${when(slots)}`,
  },
  reschedule: {
    done: (slots) => `Your appointment is now ${onWhen(slots)}.`,
    failed: (slots) => `I couldn't move it to ${when(slots)}`,
  },
  cancel: {
    done: (slots) => `Your appointment ${onWhen(slots)} is cancelled.`,
    failed: (slots) => `I couldn't cancel your appointment ${onWhen(slots)}`,
  },
};

function appointment(slots: Slots | null, askedDay: string | null): string {
  if (!slots) return "You don't have an appointment with us at the moment.";
  if (askedDay === null) return `Your appointment is ${onWhen(slots)}.`;
  return askedDay === slots.day
    ? `Yes, you have an appointment ${onWhen(slots)}.`
    : `I don't see one ${sayOnDay(askedDay)}. Your appointment is ${onWhen(slots)}.`;
}

/** Help from the second failure on: first an example, then the operator. */
function help(times: number, asked: Asked): string {
  if (times > 2) {
    return "I'm sorry, I'm having trouble understanding you. Say operator, and I'll put you through to a person.";
  }
  switch (asked) {
    case 'slots':
      return "I still didn't get that. You can say, for example, Friday at three.";
    case 'confirmation':
      return "I still didn't get that. Please say yes or no, or another day or time.";
    case 'task':
    case 'more':
      return "I still didn't get that. You can say, for example, book an appointment for Friday at three.";
  }
}

function when({ day, time }: Slots): string {
  return [day === null ? '' : sayDay(day), atTime(time)].filter(Boolean).join(' ') || 'that';
}

function onWhen({ day, time }: Slots): string {
  return [day === null ? '' : sayOnDay(day), atTime(time)].filter(Boolean).join(' ');
}

function atTime(time: Slots['time']): string {
  return time ? `at ${sayTime(time)}` : '';
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
