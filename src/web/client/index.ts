/**
 * Calls from your own page: `hzrelay/browser`.
 *
 * ```js
 * import { connect, failureText } from 'hzrelay/browser';
 *
 * const call = connect({ url: 'https://voice.example.com' });
 * call.on('state', ({ phase }) => (status.textContent = phase));
 * call.on('transcript.final', ({ text }) => add('visitor', text));
 * call.on('problem', (failure) => show(failureText(failure)));
 * hangUp.onclick = () => call.close();
 * ```
 */
import { BrowserCall } from './call.js';
import type { CallOptions } from './call-options.js';

/**
 * Calls the relay's agent. Call it on a click: browsers allow sound only then. A lost connection is made again by itself,
 * and the call goes on; the states are `asking` (for the microphone), `connecting`, `live`, `resuming`, `lost`, and at last
 * `ended`, `failed`, or `idle` after {@link BrowserCall.close}. Throws a TypeError if `url` is none.
 */
export function connect(options: CallOptions = {}): BrowserCall {
  return new BrowserCall(options);
}

export type { BrowserCall, CallReports, Levels, Reported } from './call.js';
export type { CallOptions } from './call-options.js';
export type { CallStats } from './ear-watch.js';
export { Microphone, type MicrophoneChoice } from './microphone.js';
export { callStateText, inCall, type CallState } from '../model/call-state.js';
export { failureText, type Failure, type FailureKind, type FailureText } from '../model/failures.js';
export type { SessionEndReason, SessionEvent, SessionEventType } from '../../events/session-event.js';
