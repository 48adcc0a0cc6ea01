/** What the panels show: the visitor's own calls as they happen, or a past call. */
import { callerText, endingText, lengthText, type CallSummary } from '../../call-view/call-summary.js';
import { sessionEventTypes, type SessionEvent } from '../../events/session-event.js';
import { timeText } from './calls-dialog.js';
import { byId } from './elements.js';

/** What shows a call's events. */
export interface CallPanel {
  add(event: SessionEvent, isLive: boolean): void;
  clear(): void;
}

/** A page may stay open for days. */
const maxOwnEvents = 5000;

export class CallViewer {
  readonly #panels: readonly CallPanel[];
  readonly #box = byId('past', HTMLElement);
  readonly #title = byId('past-title', HTMLParagraphElement);
  readonly #audio = byId('past-audio', HTMLAudioElement);
  #own: SessionEvent[] = [];
  #isPast = false;
  /** Follows a running call. */
  #following: EventSource | null = null;

  constructor(panels: readonly CallPanel[]) {
    this.#panels = panels;
    byId('past-leave', HTMLButtonElement).addEventListener('click', () => this.leave());
  }

  /** An event of the visitor's own call. */
  add(event: SessionEvent): void {
    this.#own.push(event);
    if (this.#own.length > maxOwnEvents) this.#own = this.#own.slice(-maxOwnEvents / 2);
    if (!this.#isPast) for (const panel of this.#panels) panel.add(event, true);
  }

  /** Shows another call until {@link leave}: a past one, or one that runs as it goes on. */
  async show(call: CallSummary): Promise<void> {
    const { sessionId, startedAtMs, durationMs, recorded } = call;
    const path = `sessions/${encodeURIComponent(sessionId)}`;
    const response = await fetch(`${path}/events`).catch(() => null);
    const text = response?.ok ? await response.text() : '';
    const events = text.split('\n').flatMap((line) => eventOf(line));
    this.#following?.close();
    this.#isPast = true;
    document.body.dataset.shows = durationMs === null ? 'running' : 'past';
    this.#show(events);
    if (durationMs === null) this.#follow(sessionId, events.at(-1)?.atMs ?? 0);
    const length = durationMs === null ? [] : [lengthText(durationMs)];
    const facts = [timeText(startedAtMs), callerText(call), ...length, endingText(call)];
    this.#title.textContent =
      events.length > 0
        ? `Call ${facts.join(' · ')}`
        : `Call ${facts.join(' · ')}: the relay no longer has its events.`;
    this.#audio.hidden = !recorded;
    if (recorded) this.#audio.src = `${path}/audio`;
    else this.#silence();
    this.#box.hidden = false;
    this.#title.focus();
  }

  /** Shows the visitor's own calls again. */
  leave(): void {
    if (!this.#isPast) return;
    this.#isPast = false;
    this.#following?.close();
    this.#following = null;
    delete document.body.dataset.shows;
    this.#silence();
    this.#box.hidden = true;
    this.#show(this.#own);
    byId('past-calls', HTMLButtonElement).focus();
  }

  /** Adds what happens in a running call after `fromMs` since its beginning. */
  #follow(sessionId: string, fromMs: number): void {
    const stream = new EventSource(`events?tail=100&session_id=${encodeURIComponent(sessionId)}`);
    this.#following = stream;
    const add = ({ data }: MessageEvent<string>): void => {
      for (const event of eventOf(data))
        if (event.atMs > fromMs) for (const panel of this.#panels) panel.add(event, false);
    };
    for (const type of sessionEventTypes) stream.addEventListener(type, add);
    stream.addEventListener('session.end', () => stream.close());
  }

  #show(events: readonly SessionEvent[]): void {
    for (const panel of this.#panels) {
      panel.clear();
      for (const event of events) panel.add(event, false);
    }
  }

  #silence(): void {
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    this.#audio.load();
  }
}

/** The event of a line; none for an empty or a cut one. */
function eventOf(line: string): SessionEvent[] {
  try {
    return [JSON.parse(line) as SessionEvent];
  } catch {
    return [];
  }
}
