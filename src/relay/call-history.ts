/** The calls of a relay for people to look at afterwards: those of this run from memory, recorded ones from disk. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CallSummary } from '../call-view/call-summary.js';
import { fleetingEvents, type SessionEvent } from '../events/session-event.js';
import { summarise } from '../metrics/percentile.js';
import { RecordedCalls } from './recording/recorded-calls.js';
import { recordingFiles } from './recording/recording-folder.js';

/** How many calls are listed. */
const maxCalls = 100;
/** Of one call in memory; its oldest are forgotten first, but for its start. */
const maxEventsOfCall = 2000;
/** Over all ended calls in memory; the oldest call is forgotten first. */
const maxEventsOfEnded = 20_000;

interface KeptCall {
  readonly start: SessionEvent<'session.start'>;
  end: SessionEvent<'session.end'> | null;
  turns: number;
  readonly figures: number[];
  readonly events: SessionEvent[];
}

export class CallHistory {
  readonly #folders: () => readonly string[];
  readonly #recorded = new RecordedCalls();
  readonly #running = new Map<string, KeptCall>();
  /** In order of their end. */
  readonly #ended = new Map<string, KeptCall>();
  #eventsOfEnded = 0;
  #listing: Promise<CallSummary[]> | null = null;

  /** `folders`: where calls are and were recorded. */
  constructor(folders: () => readonly string[]) {
    this.#folders = folders;
  }

  /** Keeps an event of any session. */
  note(event: SessionEvent): void {
    if (fleetingEvents.has(event.type)) return;
    const { sessionId } = event;
    if (event.type === 'session.start')
      this.#running.set(sessionId, { start: event, end: null, turns: 0, figures: [], events: [] });
    const call = this.#running.get(sessionId);
    if (!call) return;
    call.events.push(event);
    if (call.events.length > maxEventsOfCall) call.events.splice(1, maxEventsOfCall / 2);
    if (event.type === 'turn.end' && event.turn > 0) {
      call.turns++;
      if (event.latency.mouth_to_ear_ms !== null) call.figures.push(event.latency.mouth_to_ear_ms);
    }
    if (event.type === 'session.end') this.#over(call, event);
  }

  /** The latest calls, running ones included, the latest first. */
  list(): Promise<CallSummary[]> {
    // Many pages may ask at once, and reading costs.
    this.#listing ??= this.#list().finally(() => (this.#listing = null));
    return this.#listing;
  }

  /** A call's events so far, one as JSON on each line; null for an unknown call. */
  async events(sessionId: string): Promise<Readable | null> {
    const kept = this.#kept(sessionId);
    const recording = await this.#recording(sessionId);
    // A recording may have been stopped before the call ended.
    const isWhole = recording !== null && (recording.call.endReason !== null || !kept);
    if (isWhole) return createReadStream(join(recording.path, recordingFiles.events));
    return kept ? Readable.from(kept.events.map((event) => `${JSON.stringify(event)}\n`)) : null;
  }

  /** The folder with a call's finished recording; null if there is none. */
  async recording(sessionId: string): Promise<string | null> {
    const recording = await this.#recording(sessionId);
    return recording?.call.recorded ? recording.path : null;
  }

  async #list(): Promise<CallSummary[]> {
    const recorded = new Map<string, CallSummary>();
    for (const folder of this.#folders())
      for (const call of await this.#recorded.list(folder, maxCalls)) recorded.set(call.sessionId, call);
    const kept = [...this.#running.values(), ...this.#ended.values()].map((call) =>
      summaryOf(call, recorded.get(call.start.sessionId)?.recorded ?? false),
    );
    const others = [...recorded.values()].filter(({ sessionId }) => !this.#kept(sessionId));
    return [...kept, ...others].sort((one, other) => other.startedAtMs - one.startedAtMs).slice(0, maxCalls);
  }

  #kept(sessionId: string): KeptCall | undefined {
    return this.#running.get(sessionId) ?? this.#ended.get(sessionId);
  }

  async #recording(sessionId: string): Promise<{ readonly path: string; readonly call: CallSummary } | null> {
    for (const folder of this.#folders()) {
      const found = await this.#recorded.find(folder, sessionId);
      if (found) return found;
    }
    return null;
  }

  #over(call: KeptCall, end: SessionEvent<'session.end'>): void {
    call.end = end;
    this.#running.delete(end.sessionId);
    this.#ended.set(end.sessionId, call);
    this.#eventsOfEnded += call.events.length;
    for (const [id, { events }] of this.#ended) {
      const isTooMany = this.#eventsOfEnded > maxEventsOfEnded || this.#ended.size > maxCalls;
      if (!isTooMany || id === end.sessionId) return;
      this.#eventsOfEnded -= events.length;
      this.#ended.delete(id);
    }
  }
}

function summaryOf({ start, end, turns, figures }: KeptCall, recorded: boolean): CallSummary {
  const { sessionId, transport, from, to, timeMs } = start;
  return {
    sessionId,
    transport,
    from: from ?? null,
    to: to ?? null,
    startedAtMs: timeMs,
    durationMs: end?.durationMs ?? null,
    endReason: end?.reason ?? null,
    turns,
    mouthToEarMs: summarise(figures).p50,
    recorded,
  };
}
