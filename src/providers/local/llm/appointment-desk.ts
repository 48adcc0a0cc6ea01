/** The embedded language model: a scripted, deterministic appointment desk without a key or a network. */
import { delay, systemClock, type Clock } from '../../../core/clock.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../../language-model.js';
import { DeskTools } from './desk-tools.js';
import { followDialogue } from './dialogue.js';
import { phrase } from './phrasing.js';
import type { Slots, Submission } from './speech-act.js';

/** System prompt for a real model that plays this desk; the desk itself ignores it. */
export const appointmentDeskPrompt =
  'You are the friendly receptionist of an appointment desk. Keep your answers short.';

export interface AppointmentDeskOptions {
  /**
   * Time between two tokens in milliseconds, to imitate a slower model. 0 sets no timers.
   * @default 0
   */
  readonly tokenIntervalMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /**
   * The appointment that the caller has when the call begins, for "when is my appointment" and "cancel it".
   * @default Thursday at ten
   */
  readonly appointment?: Slots | null;
}

/**
 * A scripted dialogue as a language model: books, moves, cancels and checks appointments. It answers from the request's
 * messages alone, ignores the system prompt, and streams its answer word by word. If `book_appointment`,
 * `reschedule_appointment` or `cancel_appointment` is offered (parameters `day`, such as "friday", and `time`, such as
 * "15:00"), it calls the tool after the caller's confirmation and reports the result; without the tool it pretends
 * success. Aborting ends the iteration without a `done`.
 */
export function appointmentDesk(options: AppointmentDeskOptions = {}): LanguageModel {
  const { tokenIntervalMs = 0, clock = systemClock } = options;
  const appointment = options.appointment === undefined ? thursdayAtTen : options.appointment;
  return {
    name: 'local',
    async *generate({ messages, tools, signal }: LlmRequest): AsyncGenerator<LlmEvent> {
      const deskTools = new DeskTools(tools);
      const { answer, wordingTurn } = followDialogue(messages, deskTools, appointment);
      for (const text of tokens(phrase(answer, wordingTurn))) {
        if (tokenIntervalMs > 0) await delay(clock, tokenIntervalMs, signal).catch(() => undefined);
        if (signal.aborted) return;
        yield { type: 'token', text };
      }
      if (signal.aborted) return;
      const submitted = answer.find((said): said is Submission => said.act === 'submit');
      if (submitted) {
        const call = deskTools.call(submitted.task, submitted.slots, `call_${messages.length}`);
        yield { type: 'tool_call', call };
        yield { type: 'done', finishReason: 'tool_calls' };
        return;
      }
      const endCall = answer.some(({ act }) => act === 'farewell' || act === 'transfer');
      yield { type: 'done', finishReason: 'stop', ...(endCall && { endCall }) };
    },
  };
}

const thursdayAtTen: Slots = { day: 'thursday', time: { hour: 10, minute: 0 } };

/** One token per word, with the space before it, as language models split English. */
function tokens(text: string): readonly string[] {
  return text.match(/\s{0,9}\S+/g) ?? [];
}
