import { systemClock } from '../../core/clock.js';
import { Dashboard, type DashboardActions } from '../../dashboard/dashboard.js';
import type { SessionEvent } from '../../events/session-event.js';
import { messageOf } from '../../core/errors.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import type { RelayFacts } from './introduction.js';
import { takesColour } from '../terminal.js';
import { noticeLine, type DevView, type QuitReason } from './dev-view.js';
import type { PlainView } from './plain-view.js';

export interface DashboardViewOptions {
  readonly facts: RelayFacts;
  readonly actions: DashboardActions;
  readonly readings: ConstructorParameters<typeof Dashboard>[0]['readings'];
  /** Takes over if the dashboard fails. */
  readonly fallback: PlainView;
}

/** The dashboard. Its constructor takes over the terminal. */
export class DashboardView implements DevView {
  readonly quit: Promise<QuitReason>;
  readonly #dashboard: Dashboard;
  readonly #fallback: PlainView;
  #failed = false;

  constructor({ facts, actions, readings, fallback }: DashboardViewOptions) {
    this.#fallback = fallback;
    const { stdin, stdout, stderr } = process;
    this.#dashboard = new Dashboard({
      relay: dashboardFacts(facts),
      actions,
      stdin,
      stdout,
      clock: systemClock,
      colour: takesColour(stdout),
      captures: { stdout, stderr },
      ...(readings && { readings }),
    });
    this.quit = new Promise((resolve) => {
      void this.#dashboard.closed.then((end) => {
        if (end.reason === 'failed') this.#fail(end.cause, facts);
        else if (end.reason !== 'closed') resolve(end.reason);
      });
    });
  }

  event(event: SessionEvent): void {
    if (this.#showsLines) this.#fallback.event(event);
    this.#dashboard.event(event);
  }

  notice(notice: RelayNotice): void {
    if (this.#showsLines) this.#fallback.notice(notice);
    const { tag, text } = noticeLine(notice);
    this.#dashboard.line(tag, text);
  }

  ready(facts: RelayFacts): void {
    this.changed(facts);
  }

  changed(facts: RelayFacts): void {
    if (this.#failed) this.#fallback.changed(facts);
    else this.#dashboard.relay(dashboardFacts(facts));
  }

  close(): void {
    this.#dashboard.close();
  }

  /** Also works in the background, while the shell owns the screen. */
  get #showsLines(): boolean {
    return this.#failed || this.#dashboard.hidden;
  }

  #fail(cause: unknown, facts: RelayFacts): void {
    this.#failed = true;
    this.#fallback.notice({ level: 'error', message: `The dashboard failed: ${messageOf(cause)}` });
    this.#fallback.ready(facts);
  }
}

function dashboardFacts({
  version,
  url,
  publicUrl,
  phoneNumber,
  providers,
  isRecording,
  isOpening,
}: RelayFacts) {
  return {
    version,
    state: isOpening ? 'connecting' : 'ready',
    localUrl: url,
    publicUrl,
    phoneNumber,
    providers,
    recording: isRecording,
  } as const;
}
