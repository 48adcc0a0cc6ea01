import type { SessionEvent } from '../../events/session-event.js';
import { sysLogLine } from '../../events/sys-log.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import { introduction, publicLines, type RelayFacts } from './introduction.js';
import { jsonLine } from '../json-line.js';
import { note, out, renderLogLine, takesColour } from '../terminal.js';
import { noticeLine, type DevView } from './dev-view.js';

export interface PlainViewOptions {
  /** Events as NDJSON on stdout; everything else on stderr. */
  readonly json: boolean;
  /** Partials, tokens and raw speech edges too. */
  readonly verbose: boolean;
}

/** Prints one line per event, for pipes, logs and `--plain`. */
export class PlainView implements DevView {
  readonly quit = new Promise<never>(() => undefined);
  readonly #json: boolean;
  readonly #verbose: boolean;
  #publicUrl: string | null = null;

  constructor({ json, verbose }: PlainViewOptions) {
    this.#json = json;
    this.#verbose = verbose;
  }

  event(event: SessionEvent): void {
    if (this.#json) return out(jsonLine(event));
    const line = sysLogLine(event);
    if (this.#verbose || !line.detail) out(renderLogLine(line));
  }

  notice(notice: RelayNotice): void {
    const colour = takesColour(this.#json ? process.stderr : process.stdout);
    this.say(renderLogLine(noticeLine(notice), colour));
  }

  ready(facts: RelayFacts): void {
    this.#publicUrl = facts.publicUrl;
    for (const line of introduction(facts)) this.say(line);
  }

  changed(facts: RelayFacts): void {
    if (facts.publicUrl === this.#publicUrl) return;
    this.#publicUrl = facts.publicUrl;
    for (const line of publicLines(facts)) this.say(line);
  }

  close(): void {
    // Nothing to restore.
  }

  /** A line for people. */
  say(line: string): void {
    (this.#json ? note : out)(line);
  }
}
