/** The calls of a relay for people to look at afterwards: those of this run from memory, recorded ones from disk. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CallSummary } from '../call-view/call-summary.js';
import { fleetingEvents, type SessionEvent } from '../events/session-event.js';
import { summarise } from '../metrics/percentile.js';
import { recordedCalls, recordingOf, type RecordedCall } from './recording/recorded-calls.js';

/** How many calls are listed. */
const maxCalls = 100;
/** Over all calls in memory; the oldest call is forgotten first. */
const maxEvents = 20_000;
/** Of one call in memory; its oldest are forgotten first. */
const maxEventsOfCall = 5000;

interface KeptCall {
  readonly start: SessionEvent<'session.start'>;
  end: SessionEvent<'session.end'> | null;
  turns: number;
  readonly figures: number[];
  readonly events: SessionEvent[];
}

export class CallHistory {
  readonly #folders: () => readonly string[];
  readonly #calls = new Map<string, KeptCall>();
  #events = 0;

  /** `folders`: where calls are and were recorded. */
  constructor(folders: () => readonly string[]) {
    this.#folders = folders;
  }

  /** Keeps an event of any session. */
  note(event: SessionEvent): void {
    if (fleetingEvents.has(event.type)) return;
    if (event.type === 'session.start') {
      this.#calls.set(event.sessionId, { start: event, end: null, turns: 0, figures: [], events: [] });
    }
    const call = this.#calls.get(event.sessionId);
    if (!call) return;
    call.events.push(event);
    this.#events++;
    if (call.events.length > maxEventsOfCall) this.#forget(call, Math.floor(maxEventsOfCall / 2));
    if (event.type === 'turn.end' && event.turn > 0) {
      call.turns++;
      if (event.latency.mouth_to_ear_ms !== null) call.figures.push(event.latency.mouth_to_ear_ms);
    }
    if (event.type === 'session.end') call.end = event;
    this.#trim();
  }

  /** The latest calls, running ones included, the latest first. */
  async list(): Promise<CallSummary[]> {
    const read = await Promise.all(this.#folders().map((folder) => recordedCalls(folder, maxCalls)));
    const recorded = new Map(read.flat().map((call) => [call.sessionId, call]));
    const kept = [...this.#calls.values()].map((call) =>
      summaryOfKept(call, recorded.has(call.start.sessionId)),
    );
    const others = [...recorded.values()].filter(({ sessionId }) => !this.#calls.has(sessionId));
    return [...kept, ...others.map(summaryOfRecorded)]
      .sort((one, other) => other.startedAtMs - one.startedAtMs)
      .slice(0, maxCalls);
  }

  /** A call's events so far, one as JSON on each line; null for an unknown call. */
  async events(sessionId: string): Promise<Readable | null> {
    const recording = await this.#recording(sessionId);
    if (recording !== null) return createReadStream(join(recording, 'events.ndjson'));
    const call = this.#calls.get(sessionId);
    return call ? Readable.from(call.events.map((event) => `${JSON.stringify(event)}\n`)) : null;
  }

  /** The path of a finished call's recorded audio; null if there is none. */
  async audio(sessionId: string): Promise<string | null> {
    const recording = await this.#recording(sessionId);
    return recording === null ? null : join(recording, 'audio.wav');
  }

  async #recording(sessionId: string): Promise<string | null> {
    const found = await Promise.all(this.#folders().map((folder) => recordingOf(folder, sessionId)));
    return found.find((path) => path !== null) ?? null;
  }

  /** Forgets the oldest events of a call. */
  #forget(call: KeptCall, count: number): void {
    this.#events -= call.events.splice(0, count).length;
  }

  #trim(): void {
    for (const [id, call] of this.#calls) {
      if (this.#events <= maxEvents && this.#calls.size <= maxCalls) return;
      // A running call stays in the list.
      if (call.end === null) continue;
      this.#forget(call, call.events.length);
      this.#calls.delete(id);
    }
  }
}

function summaryOfKept({ start, end, turns, figures }: KeptCall, recorded: boolean): CallSummary {
  return { ...summaryOf(start, end), turns, mouthToEarMs: summarise(figures).p50, recorded };
}

function summaryOfRecorded({ start, end, metrics }: RecordedCall): CallSummary {
  const turns = metrics.turns.filter(({ turn }) => turn > 0).length;
  return { ...summaryOf(start, end), turns, mouthToEarMs: metrics.mouthToEar.p50, recorded: true };
}

function summaryOf(
  { sessionId, transport, from, to, timeMs }: SessionEvent<'session.start'>,
  end: SessionEvent<'session.end'> | null,
): Omit<CallSummary, 'turns' | 'mouthToEarMs' | 'recorded'> {
  return {
    sessionId,
    transport,
    from: from ?? null,
    to: to ?? null,
    startedAtMs: timeMs,
    durationMs: end?.durationMs ?? null,
    endReason: end?.reason ?? null,
  };
}
