/** Prints a call as it happens: as SYS_LOG lines, or as JSON. */
import type { SessionEvent } from '../../events/session-event.js';
import { sysLogLine, type LogTag } from '../../events/sys-log.js';
import type { CallStatus } from '../../telephony/twilio-account.js';
import { jsonLine } from '../json-line.js';
import { note, out, renderLogLine, takesColour } from '../terminal.js';
import { statusText } from './call-outcome.js';

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export class CallOutput {
  readonly json: boolean;
  readonly #quiet: boolean;
  readonly #verbose: boolean;

  constructor({ json = false, quiet = false, verbose = false }: OutputOptions) {
    this.json = json;
    this.#quiet = quiet;
    this.#verbose = verbose;
  }

  /** An event of the call's session. */
  event(event: SessionEvent): void {
    if (this.json) out(jsonLine(event));
    else if (!this.#quiet) {
      const line = sysLogLine(event);
      if (this.#verbose || !line.detail) out(renderLogLine(line));
    }
  }

  /** A status of the call at Twilio. */
  status(callSid: string, status: CallStatus): void {
    if (this.json) out(jsonLine({ type: 'call.status', callSid, status }));
    else this.say(isGood(status) ? 'INFO' : 'WARN', `call: ${statusText(status)}`);
  }

  /** A message for people; with `json` it goes to stderr, apart from the data. */
  say(tag: LogTag, text: string): void {
    const colour = takesColour(this.json ? process.stderr : process.stdout);
    (this.json ? note : out)(renderLogLine({ tag, text, detail: false }, colour));
  }
}

function isGood(status: CallStatus): boolean {
  return !['busy', 'failed', 'no-answer', 'canceled'].includes(status);
}
