import { systemClock } from '../../clock.js';
import { Dashboard, type DashboardActions } from '../../dashboard/dashboard.js';
import type { SessionEvent } from '../../events/session-event.js';
import { messageOf } from '../../errors.js';
import type { RelayNotice } from '../../server/relay-options.js';
import type { RelayFacts } from '../introduction.js';
import { takesColour } from '../terminal.js';
import { noticeLine, type DevView } from './dev-view.js';
import type { PlainView } from './plain-view.js';

export interface DashboardViewOptions {
  readonly facts: RelayFacts;
  readonly actions: DashboardActions;
  readonly levels: ConstructorParameters<typeof Dashboard>[0]['levels'];
  /** Shows the rest where the dashboard fails. */
  readonly fallback: PlainView;
}

/** The dashboard. It takes over the terminal when it is made. */
export class DashboardView implements DevView {
  readonly quit: Promise<'quit' | 'interrupt'>;
  readonly #dashboard: Dashboard;
  readonly #fallback: PlainView;
  #failed = false;

  constructor({ facts, actions, levels, fallback }: DashboardViewOptions) {
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
      ...(levels && { levels }),
    });
    this.quit = new Promise((resolve) => {
      void this.#dashboard.closed.then((end) => {
        if (end.reason === 'quit' || end.reason === 'interrupt') return resolve(end.reason);
        if (end.reason === 'failed') this.#fail(end.cause, facts);
      });
    });
  }

  event(event: SessionEvent): void {
    if (this.#failed) this.#fallback.event(event);
    else this.#dashboard.event(event);
  }

  notice(notice: RelayNotice): void {
    if (this.#failed) return this.#fallback.notice(notice);
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
