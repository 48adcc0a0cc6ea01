/** What became of a call, and why it became nothing, in words. */
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import type { CallProblem, CallState, CallStatus } from '../../server/twilio-account.js';
import { explainTwilioCode, twilioErrorPage } from '../../server/twilio-errors.js';

/** A status as it is shown while the call goes. */
export function statusText(status: CallStatus): string {
  switch (status) {
    case 'queued':
    case 'initiated':
      return 'initiated';
    case 'ringing':
      return 'ringing';
    case 'in-progress':
      return 'answered, in progress';
    case 'completed':
      return 'completed';
    case 'busy':
      return 'busy';
    case 'failed':
      return 'failed';
    case 'no-answer':
      return 'not answered';
    case 'canceled':
      return 'canceled';
  }
}

export interface FinishedCall {
  readonly state: CallState;
  readonly to: string;
  readonly from: string;
  /** Of the call's session at the relay; none where it never got there. */
  readonly events: readonly SessionEvent[];
  /** What Twilio's log has of it. */
  readonly problems: readonly CallProblem[];
}

/** What went wrong, each as a sentence or two with what to do; none for a call that was answered and completed. */
export function whatWentWrong(call: FinishedCall): string[] {
  const { state, to, from, events, problems } = call;
  const logged = problems
    .filter(({ level }) => level === 'error')
    .map(({ code, message }) => problemText(code, message, { to, from }));
  const own = statusProblem(state.status, to, events, logged.length > 0);
  return own === null ? logged : [own, ...logged];
}

function problemText(
  code: number,
  message: string,
  numbers: { readonly to: string; readonly from: string },
): string {
  const known = explainTwilioCode(code, numbers);
  const text = known ?? `Twilio’s log says: ${printable(message)}`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} (error ${code}, ${twilioErrorPage(code)})`;
}

function statusProblem(
  status: CallStatus,
  to: string,
  events: readonly SessionEvent[],
  isExplained: boolean,
): string | null {
  const more = isExplained ? '' : ' Its log at https://console.twilio.com may say more.';
  switch (status) {
    case 'busy':
      return `${to} is busy.`;
    case 'no-answer':
      return `Nobody answered at ${to}.`;
    case 'canceled':
      return 'The call was ended before it was answered.';
    case 'failed':
      return `Twilio could not connect the call to ${to}.${more}`;
    case 'queued':
    case 'initiated':
    case 'ringing':
    case 'in-progress':
      return 'Twilio has not said that the call has ended: look at https://console.twilio.com whether it goes on.';
    case 'completed':
      return completedProblem(to, events, more);
  }
}

function completedProblem(to: string, events: readonly SessionEvent[], more: string): string | null {
  if (events.length === 0) return `${to} answered, but the call never reached the relay.${more}`;
  const end = events.findLast((event) => event.type === 'session.end');
  if (!end) return 'The events broke off before the end of the call.';
  if (end.reason === 'transport_error') return 'The media stream of the call broke off.';
  if (end.reason === 'provider_error') return 'A provider failed, and the call with it.';
  return null;
}
