/**
 * The appointment desk's dialogue as a fold over the conversation: every state is computed from the messages alone.
 * Nothing is kept between requests, so a cut history or a replaced turn needs no undo.
 */
import type { ChatMessage } from '../../language-model.js';
import { toolOutcomes, type DeskTools, type ToolOutcome } from './desk-tools.js';
import type { Asked, BookingTask, Slots, SpeechAct } from './speech-act.js';
import { isClosedOn, someDayNextWeek, withinNextWeek } from './spoken-day.js';
import { isWithinHours, type DayPart } from './spoken-time.js';
import { understand, type Understanding } from './understanding.js';

export interface DialogueState {
  readonly task: BookingTask | null;
  readonly slots: Slots;
  readonly dayPart: DayPart | null;
  /** What the last answer asked the caller for. */
  readonly asked: Asked;
  /** The caller's appointment as the desk knows it. */
  readonly appointment: Slots | null;
  readonly notUnderstood: number;
  /** How many times the caller has spoken. */
  readonly turns: number;
  /** The answer to the last message. */
  readonly answer: readonly SpeechAct[];
  /** The turn that chose the answer's wording: a repeated answer keeps its wording. */
  readonly wordingTurn: number;
}

const noSlots: Slots = { day: null, time: null };

/** Folds a conversation into the state that answers its last message; without messages, the greeting. */
export function followDialogue(
  messages: readonly ChatMessage[],
  tools: DeskTools,
  appointment: Slots | null,
): DialogueState {
  let state: DialogueState = {
    task: null,
    slots: noSlots,
    dayPart: null,
    asked: 'task',
    appointment,
    notUnderstood: 0,
    turns: 0,
    answer: [{ act: 'greet' }],
    wordingTurn: 0,
  };
  const outcomes = toolOutcomes(messages);
  for (const message of messages) {
    if (message.role === 'user') state = hear(state, understand(message.content), tools);
    const outcome = message.role === 'tool' && outcomes.get(message.toolCallId);
    if (outcome) state = report(state, outcome);
  }
  return state;
}

/** Processes what the caller said. */
function hear(before: DialogueState, heard: Understanding, tools: DeskTools): DialogueState {
  const turns = before.turns + 1;
  if (heard.aside === 'repeat') return { ...before, turns };
  const state: DialogueState = { ...before, turns, wordingTurn: turns, notUnderstood: 0 };

  if (heard.aside === 'person') return { ...state, answer: [{ act: 'transfer' }] };
  if (heard.aside === 'hours') return ask(state, tools, [{ act: 'opening_hours' }], 'more');
  if (heard.aside === 'never_mind' && state.task) return leave(state);
  if (heard.task === 'check') {
    const { appointment } = state;
    return ask(state, tools, [{ act: 'appointment', slots: appointment, askedDay: heard.day }], 'more');
  }
  if (heard.task !== null || heard.day !== null || heard.time !== null) return fill(state, heard, tools);
  if (heard.aside === 'goodbye') return { ...state, answer: [{ act: 'farewell' }] };
  if (heard.digits !== null) return ask(state, tools, [{ act: 'number', digits: heard.digits }]);
  if (heard.answer === 'yes') return agree(state, tools);
  if (heard.answer === 'no') return disagree(state, tools);
  if (heard.aside === 'thanks') return ask(state, tools, [{ act: 'thanks_back' }], 'more');
  if (heard.aside === 'hold') return { ...state, answer: [{ act: 'take_your_time' }] };
  if (heard.aside === 'hello') return ask(state, tools, [{ act: 'welcome' }]);
  if (heard.aside === 'unfinished') return ask(state, tools, [{ act: 'listening' }]);
  if (heard.dayPart !== null && state.task) return ask({ ...state, dayPart: heard.dayPart }, tools);
  return puzzle(state, before.notUnderstood + 1, tools);
}

/** The caller named a task, a day or a time; without a current task, a day or time begins a booking. */
function fill(state: DialogueState, heard: Understanding, tools: DeskTools): DialogueState {
  const task = taskMeant(state, heard);
  const isNew = task !== state.task;
  const known = !isNew ? state.slots : task === 'cancel' && state.appointment ? state.appointment : noSlots;
  const day = heard.day !== null && known.day === someDayNextWeek ? withinNextWeek(heard.day) : heard.day;
  // Cancelling on another day means another appointment; booking another day keeps the agreed time.
  const keepsTime = task !== 'cancel' || day === null || day === known.day;
  const slots: Slots = { day: day ?? known.day, time: heard.time ?? (keepsTime ? known.time : null) };

  if (!isNew && state.asked === 'confirmation' && heard.answer === 'yes' && sameSlots(slots, state.slots)) {
    return agree(state, tools);
  }
  const dayPart = heard.dayPart ?? (heard.day === null && !isNew ? state.dayPart : null);
  const filled: DialogueState = { ...state, task, slots, dayPart };
  if (task === 'cancel') return ask(filled, tools);
  if (slots.day !== null && isClosedOn(slots.day)) {
    return ask({ ...filled, slots: { ...slots, day: null } }, tools, [{ act: 'closed_day' }]);
  }
  if (slots.time && !isWithinHours(slots.time)) {
    return ask({ ...filled, slots: { ...slots, time: null } }, tools, [{ act: 'closed_hour' }]);
  }
  return ask(filled, tools);
}

/** "Move it to Monday" corrects the current booking; "reschedule my appointment" begins a new task. */
function taskMeant(state: DialogueState, heard: Understanding): BookingTask {
  if (heard.task === null || heard.task === 'check') return state.task ?? 'book';
  if (heard.task === 'reschedule' && state.task === 'book' && heard.saysIt) return state.task;
  return heard.task;
}

function agree(state: DialogueState, tools: DeskTools): DialogueState {
  const { task, slots } = state;
  if (task && state.asked === 'confirmation') {
    if (tools.offers(task)) return { ...state, answer: [{ act: 'submit', task, slots }] };
    return report(state, { task, slots, failed: false });
  }
  return ask(state, tools, task ? [] : [{ act: 'listening' }]);
}

function disagree(state: DialogueState, tools: DeskTools): DialogueState {
  if (state.asked === 'more' && !state.task) return { ...state, answer: [{ act: 'farewell' }] };
  if (!state.task) return ask(state, tools, [{ act: 'no_problem' }]);
  if (state.task === 'cancel' || state.asked !== 'confirmation') return leave(state);
  return { ...askOtherSlots(state), answer: [{ act: 'no_problem' }, { act: 'ask_other_slots' }] };
}

/** Drops the current task. */
function leave(state: DialogueState): DialogueState {
  return { ...close(state), answer: [{ act: 'left_as_is' }, { act: 'ask_more' }] };
}

/** Reports whether a task succeeded. */
function report(state: DialogueState, { task, slots, failed }: ToolOutcome): DialogueState {
  if (!failed) {
    const appointment = task === 'cancel' ? null : slots;
    return { ...close(state), appointment, answer: [{ act: 'done', task, slots }, { act: 'ask_more' }] };
  }
  const failure: SpeechAct = { act: 'failed', task, slots };
  if (task === 'cancel') return { ...close(state), answer: [failure, { act: 'ask_more' }] };
  return { ...askOtherSlots({ ...state, task }), answer: [failure, { act: 'ask_other_slots' }] };
}

/** The caller was not understood: asks again, then offers more help each time. */
function puzzle(state: DialogueState, times: number, tools: DeskTools): DialogueState {
  const act: SpeechAct = { act: 'not_understood', times, asked: state.asked };
  const puzzled = { ...state, notUnderstood: times };
  return times === 1 ? ask(puzzled, tools, [act]) : { ...puzzled, answer: [act] };
}

/** Says `lead` and asks for what is still missing; `open` is what to ask for without a current task. */
function ask(
  state: DialogueState,
  tools: DeskTools,
  lead: readonly SpeechAct[] = [],
  open: 'task' | 'more' = 'task',
): DialogueState {
  const { task, slots, dayPart } = state;
  const say = (asked: Asked, question: SpeechAct): DialogueState => ({
    ...state,
    asked,
    answer: [...lead, question],
  });
  if (!task) return open === 'more' ? say('more', { act: 'ask_more' }) : say('task', { act: 'ask_task' });
  if (slots.day === null) return say('slots', { act: 'ask_day', task });
  if (slots.day === someDayNextWeek) return say('slots', { act: 'ask_day_next_week' });
  if (!slots.time && (task !== 'cancel' || tools.requiresTime(task))) {
    return say('slots', { act: 'ask_time', day: slots.day, dayPart });
  }
  return say('confirmation', { act: 'confirm', task, slots });
}

function askOtherSlots(state: DialogueState): DialogueState {
  return { ...state, asked: 'slots', slots: noSlots, dayPart: null };
}

function close(state: DialogueState): DialogueState {
  return { ...state, task: null, asked: 'more', slots: noSlots, dayPart: null };
}

function sameSlots(a: Slots, b: Slots): boolean {
  return a.day === b.day && a.time?.hour === b.time?.hour && a.time?.minute === b.time?.minute;
}
