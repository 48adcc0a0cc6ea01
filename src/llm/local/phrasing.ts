/** The appointment desk's wording: short sentences for the ear, varied by the turn and otherwise always the same. */
import type { Slots, SpeechAct } from './speech-act.js';
import { sayDay, sayOnDay } from './spoken-day.js';
import { sayTime } from './spoken-time.js';

/** Puts an answer into words. `turn` chooses among wordings that mean the same. */
export function phrase(answer: readonly SpeechAct[], turn: number): string {
  return answer
    .map((act) => {
      const wordings = wordingsOf(act);
      return wordings[turn % wordings.length] ?? '';
    })
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function wordingsOf(said: SpeechAct): readonly string[] {
  switch (said.act) {
    case 'greet':
      return ['Hello, this is the appointment desk.  How can I help you?'.replace('  ', ' ')];
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
      return ['Of course. One moment please, I am putting you through to a colleague.'];
    case 'farewell':
      return ['Thank you for calling. Goodbye!', 'Thanks for calling. Have a nice day, goodbye!'];
    case 'ask_task':
      return ['Would you like to book, move or cancel an appointment?', 'What can I do for you?'];
    case 'ask_more':
      return ['Is there anything else I can do?', 'Can I help with anything else?'];
    case 'ask_day':
      return askDay[said.task];
    case 'ask_day_next_week':
      return ['Which day next week?', 'What day next week suits you?'];
    case 'ask_time':
      return askTime(said.dayPart === null ? sayOnDay(said.day) : `${sayOnDay(said.day)}, in the ${said.dayPart}`);
    case 'ask_other_slots':
      return ['Which day and time would you like instead?', 'What day and time would suit you better?'];
    case 'confirm':
      return confirm[said.task](saySlots(said.slots));
    case 'submit':
      return [''];
    case 'done':
      return done[said.task](saySlots(said.slots));
    case 'failed':
      return [`I'm sorry, I couldn't ${failedVerb[said.task]} ${saySlots(said.slots)}.`.replace(' .', '.')];
    case 'number':
      return [`Thank you, I've noted ${[...said.digits].join(' ')}.`];
    case 'appointment':
      return [sayAppointment(said.slots, said.askedDay)];
    case 'not_understood':
      return notUnderstood(said.times, said.asked);
  }
}
