/** The behaviour of the callee of an outbound call. */
import type { TwilioRestError } from './twilio-rest-error.js';

/** An entry in Twilio's log about a failed call, as in its notifications. */
export type CallProblem = Pick<TwilioRestError, 'code' | 'message'>;

export type CalleeScript =
  | {
      readonly does: 'answer';
      /** How long it rings. @default 1000 */
      readonly ringsMs?: number;
      /**
       * The callee's turns at 8 kHz, each said when the agent has finished; then the callee hangs up. Without turns, the callee
       * listens until the agent or the caller ends the call.
       */
      readonly says?: readonly Int16Array[];
    }
  | {
      readonly does: 'be_busy' | 'not_answer' | 'fail';
      /** Time until this outcome. @default 1000 */
      readonly afterMs?: number;
      /** The entry in Twilio's log. */
      readonly problem?: CallProblem;
    };
