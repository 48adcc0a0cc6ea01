/** The status of a call and the reasons for its failure, as text. */
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import type { CallProblem, CallState, CallStatus } from '../../telephony/twilio-account.js';
import { explainTwilioCode, twilioErrorPage } from '../../telephony/twilio-errors.js';

/** The text of a status during the call. */
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
  /** The events of the call's session; empty if the call never reached the relay. */
  readonly events: readonly SessionEvent[];
  /** The call's problems in Twilio's log. */
  readonly problems: readonly CallProblem[];
}

/** What went wrong and what to do, one or two sentences each; empty for a call that was answered and completed. */
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
      return `${to} did not answer.`;
    case 'canceled':
      return 'The call was ended before it was answered.';
    case 'failed':
      return `Twilio could not connect the call to ${to}.${more}`;
    case 'queued':
    case 'initiated':
    case 'ringing':
    case 'in-progress':
      return 'Twilio has not confirmed that the call ended. Check at https://console.twilio.com whether it still runs.';
    case 'completed':
      return completedProblem(to, events, more);
  }
}

function completedProblem(to: string, events: readonly SessionEvent[], more: string): string | null {
  if (events.length === 0) return `${to} answered, but the call never reached the relay.${more}`;
  const end = events.findLast((event) => event.type === 'session.end');
  if (!end) return 'The events stopped before the call ended.';
  if (end.reason === 'transport_error') return 'The media stream of the call broke off.';
  if (end.reason === 'provider_error') return 'A provider failed, which ended the call.';
  return null;
}
