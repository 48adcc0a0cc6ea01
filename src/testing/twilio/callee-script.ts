/** What the person at the other end of an outbound call does. */
import type { TwilioRestError } from './twilio-rest-error.js';

/** What Twilio's log has of a call that went wrong, as its notifications do. */
export type CallProblem = Pick<TwilioRestError, 'code' | 'message'>;

export type CalleeScript =
  | {
      readonly does: 'answer';
      /** How long it rings. @default 1000 */
      readonly ringsMs?: number;
      /**
       * What the callee says at 8 kHz, one after the other, each when the agent has finished; then the callee hangs up.
       * Without any, the callee listens until the agent or the caller ends the call.
       */
      readonly says?: readonly Int16Array[];
    }
  | {
      readonly does: 'be_busy' | 'not_answer' | 'fail';
      /** How long it takes until that is known. @default 1000 */
      readonly afterMs?: number;
      /** What Twilio's log says of it. */
      readonly problem?: CallProblem;
    };
