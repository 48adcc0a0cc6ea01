/** What the panels show: the visitor's own calls as they happen, or another call of the relay. */
import {
  callerText,
  endingText,
  lengthText,
  timeText,
  type CallSummary,
} from '../../call-view/call-summary.js';
import { fleetingEvents, sessionEventTypes, type SessionEvent } from '../../events/session-event.js';
import { byId } from './elements.js';

/** What shows a call's events. */
export interface CallPanel {
  /** Adds an event of a live call. `isOwn`: the visitor takes part in it. */
  add(event: SessionEvent, isOwn: boolean): void;
  /** Shows these events instead of all before. */
  show(events: readonly SessionEvent[]): void;
}

/** A page may stay open for days. */
const maxOwnEvents = 5000;
/** The relay finishes a recording a little after the call's end. */
const recordedAfterMs = 2000;
const knownTypes: ReadonlySet<string> = new Set(sessionEventTypes);

export class CallViewer {
  readonly #panels: readonly CallPanel[];
  readonly #box = byId('past', HTMLElement);
  readonly #title = byId('past-title', HTMLParagraphElement);
  readonly #audio = byId('past-audio', HTMLAudioElement);
  #own: SessionEvent[] = [];
  /** The call of somebody else that is shown. */
  #shown: CallSummary | null = null;
  /** Changes with every choice of what to show: what is read for an earlier one is not shown any more. */
  #choice = 0;
  /** Follows a running call. */
  #following: EventSource | null = null;

  constructor(panels: readonly CallPanel[]) {
    this.#panels = panels;
    byId('past-leave', HTMLButtonElement).addEventListener('click', () => {
      this.leave();
      byId('past-calls', HTMLButtonElement).focus();
    });
    // A browser opens only six connections to a relay over all its tabs.
    document.addEventListener('visibilitychange', () => {
      if (!this.#shown || this.#shown.durationMs !== null) return;
      if (document.hidden) this.#unfollow();
      else void this.show(this.#shown);
    });
  }

  /** An event of the visitor's own call. */
  add(event: SessionEvent): void {
    this.#own.push(event);
    if (event.type === 'turn.end') this.#own = withoutFleeting(this.#own);
    if (this.#own.length > maxOwnEvents) this.#own = this.#own.slice(-maxOwnEvents / 2);
    if (!this.#shown) for (const panel of this.#panels) panel.add(event, true);
  }

  /** Shows another call until {@link leave}: a past one, or one that runs as it goes on. */
  async show(call: CallSummary): Promise<void> {
    const choice = ++this.#choice;
    const { sessionId, durationMs } = call;
    const response = await fetch(`${pathOf(call)}/events`).catch(() => null);
    const text = response?.ok ? await response.text().catch(() => null) : '';
    if (choice !== this.#choice) return;
    this.#unfollow();
    this.#shown = call;
    this.#box.hidden = false;
    const events = eventsIn(text ?? '');
    let problem: string | null = null;
    // What was shown before stays.
    if (response === null || text === null) problem = 'the relay does not answer';
    else if (!this.#show(events)) problem = 'a part of it cannot be shown';
    else if (events.length === 0) problem = 'the relay no longer has its events';
    document.body.dataset.shows = durationMs === null ? 'running' : 'past';
    this.#describe(call, problem);
    this.#title.focus();
    if (durationMs === null && !document.hidden) this.#follow(sessionId, events.at(-1)?.atMs ?? 0);
  }

  /** Shows the visitor's own calls again. */
  leave(): void {
    this.#choice++;
    if (!this.#shown) return;
    this.#shown = null;
    this.#unfollow();
    delete document.body.dataset.shows;
    this.#silence();
    this.#box.hidden = true;
    this.#show(this.#own);
  }

  #describe(call: CallSummary, problem: string | null): void {
    const { startedAtMs, durationMs, recorded } = call;
    const length = durationMs === null ? [] : [lengthText(durationMs)];
    const facts = [timeText(startedAtMs), callerText(call), ...length, endingText(call)].join(' · ');
    this.#title.textContent = `Call ${facts}${problem === null ? '' : `: ${problem}.`}`;
    this.#audio.hidden = !recorded;
    if (recorded) this.#audio.src = `${pathOf(call)}/audio`;
    else this.#silence();
  }

  /** Adds what happens in a running call after `fromMs` since its beginning. */
  #follow(sessionId: string, fromMs: number): void {
    const stream = new EventSource(`events?tail=100&session_id=${encodeURIComponent(sessionId)}`);
    this.#following = stream;
    const add = ({ data }: MessageEvent<string>): void => {
      for (const event of eventsIn(data)) {
        if (event.atMs <= fromMs) continue;
        for (const panel of this.#panels) panel.add(event, false);
        if (event.type === 'session.end') this.#ended(event);
      }
    };
    for (const type of sessionEventTypes) stream.addEventListener(type, add);
  }

  #unfollow(): void {
    this.#following?.close();
    this.#following = null;
  }

  /** The followed call is over. */
  #ended({ sessionId, durationMs, reason }: SessionEvent<'session.end'>): void {
    this.#unfollow();
    if (this.#shown?.sessionId !== sessionId) return;
    this.#shown = { ...this.#shown, durationMs, endReason: reason };
    document.body.dataset.shows = 'past';
    this.#describe(this.#shown, null);
    const choice = this.#choice;
    setTimeout(() => {
      void fetch(`${pathOf({ sessionId })}/audio`, { headers: { range: 'bytes=0-0' } }).then(({ ok }) => {
        if (!ok || choice !== this.#choice || !this.#shown) return;
        this.#shown = { ...this.#shown, recorded: true };
        this.#describe(this.#shown, null);
      });
    }, recordedAfterMs);
  }

  /** Returns false if a panel cannot show them: a recording may hold anything. */
  #show(events: readonly SessionEvent[]): boolean {
    const whole = withoutFleeting(events);
    let isWhole = true;
    for (const panel of this.#panels) {
      try {
        panel.show(whole);
      } catch {
        isWhole = false;
        panel.show([]);
      }
    }
    return isWhole;
  }

  #silence(): void {
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    this.#audio.load();
  }
}

function pathOf({ sessionId }: Pick<CallSummary, 'sessionId'>): string {
  return `sessions/${encodeURIComponent(sessionId)}`;
}

/** Without the events of ended turns that later ones repeat: a long answer has thousands. */
function withoutFleeting(events: readonly SessionEvent[]): SessionEvent[] {
  const over = new Set(events.filter(({ type }) => type === 'turn.end').map(turnOf));
  return events.filter((event) => !fleetingEvents.has(event.type) || !over.has(turnOf(event)));
}

function turnOf({ sessionId, turn }: SessionEvent): string {
  return `${sessionId} ${turn}`;
}

/** The events of a text with one as JSON on each line. Lines that are none, or of a type that the page does not know, are left out. */
function eventsIn(text: string): SessionEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line) as Partial<SessionEvent> | null;
      return typeof event === 'object' && knownTypes.has(event?.type ?? '') ? [event as SessionEvent] : [];
    } catch {
      return [];
    }
  });
}
