/** The parts of a turn's latency on a time axis: a pure function of the turn's latency. */
import type { SessionEvent } from '../events/session-event.js';
import { slowTurnMs } from '../events/sys-log.js';
import type { AbsentReason, LatencyPart, LatencyParts, TurnLatency } from '../metrics/turn-latency.js';

/** One stretch of a turn. Times are milliseconds since the caller's last speech sample. */
export interface Segment {
  readonly part: LatencyPart;
  readonly startMs: number;
  readonly durationMs: number;
}

/** A turn as one bar of the waterfall. */
export interface TurnBar {
  readonly turn: number;
  /** Mouth→ear; if null, `note` says why. */
  readonly totalMs: number | null;
  /** Whether the total is at least `slowTurnMs`. */
  readonly slow: boolean;
  /** `measured` or `estimated`, followed by the abort reason if any; without a total, the reason why. */
  readonly note: string;
  /** From 0 to the total, in order of time, without gaps. */
  readonly segments: readonly Segment[];
  /** Total time of each part; null without a total. */
  readonly parts: LatencyParts | null;
}

/** The parts in the order in which they first occur in a turn. */
export const partOrder: readonly LatencyPart[] = [
  'endpointing',
  'stt',
  'llm',
  'tools',
  'sentence',
  'tts',
  'relay',
  'playout',
];

/** The parts in words for someone who has not met them. */
export const partMeanings: Readonly<Record<LatencyPart, string>> = {
  endpointing: 'waiting to be sure that you have finished',
  stt: 'speech to text: until your words are recognised',
  llm: 'the language model: until its first word',
  tools: 'the functions that the model called',
  sentence: 'until the model has written enough to be spoken',
  tts: 'text to speech: until the voice’s first sound',
  relay: 'spent in the relay itself',
  playout: 'on the way to your ear',
};

/** Maximum number of turns that are kept. */
export const maxTurns = 50;

type LatencyMoment = Extract<keyof TurnLatency, `${string}_ms`>;

/** The parts that can lie before each moment, in the order in which they are placed. */
const chain: readonly (readonly [until: LatencyMoment, parts: readonly LatencyPart[]])[] = [
  ['stt_start_ms', ['endpointing']],
  ['stt_final_ms', ['stt']],
  ['llm_start_ms', ['endpointing', 'relay']],
  ['llm_first_token_ms', ['llm', 'tools']],
  ['tts_start_ms', ['sentence', 'tools']],
  ['tts_first_audio_ms', ['tts']],
  ['audio_sent_ms', ['endpointing', 'relay']],
  ['ear_ms', ['playout']],
];

const absences: Readonly<Record<AbsentReason, string>> = {
  greeting: 'greeting: no turn to answer',
  unprompted: 'unprompted: no turn to answer',
  unanswered: 'no answer',
  no_audio: 'no audio',
  ear_not_reported: 'playout was not reported',
  interrupted: 'interrupted before it was audible',
  superseded: 'superseded',
  hangup: 'hung up',
  ended: 'ended',
  error: 'failed',
};

/** The turns after one more event, the latest last; a new session begins with none. */
export function turnsAfter(turns: readonly TurnBar[], event: SessionEvent): readonly TurnBar[] {
  if (event.type === 'session.start') return [];
  if (event.type !== 'turn.end') return turns;
  return [...turns, turnBar(event)].slice(-maxTurns);
}

/** A finished turn as a bar. */
export function turnBar({ turn, latency, aborted }: SessionEvent<'turn.end'>): TurnBar {
  const { mouth_to_ear_ms: totalMs, parts, ear, absent } = latency;
  const outcome = aborted === null ? [] : [aborted];
  if (totalMs === null || parts === null) {
    const why = absent === null ? 'no figure' : absences[absent];
    return { turn, totalMs: null, slow: false, note: why, segments: [], parts: null };
  }
  return {
    turn,
    totalMs,
    slow: totalMs >= slowTurnMs,
    note: [ear ?? 'estimated', ...outcome].join(', '),
    segments: segmentsOf(latency, parts),
    parts,
  };
}

/** The end and the ticks of a time axis for these turns: round numbers, at least up to `slowTurnMs`. */
export function timeAxis(turns: readonly TurnBar[]): {
  readonly endMs: number;
  readonly ticksMs: readonly number[];
} {
  const longestMs = Math.max(slowTurnMs * 1.1, ...turns.map(({ totalMs }) => totalMs ?? 0));
  const stepMs = [250, 500, 1000, 2500, 5000, 10_000].find((step) => longestMs / step <= 6) ?? 60_000;
  const ticksMs = Array.from({ length: Math.floor(longestMs / stepMs) + 1 }, (_, i) => i * stepMs);
  return { endMs: longestMs, ticksMs };
}

/** A duration as text: milliseconds below ten seconds, one decimal below ten milliseconds. */
export function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/**
 * Places each part between the moments that bound it. Where a moment is missing or out of order (speculation), time
 * that does not fit there fills the gaps, or comes last. So the bar always shows every part in full length.
 */
function segmentsOf(latency: TurnLatency, parts: LatencyParts): Segment[] {
  const left: Record<LatencyPart, number> = { ...parts };
  const mouthMs = latency.audio_received_ms ?? 0;
  const rooms: { ms: number; taken: [LatencyPart, number][] }[] = [];
  let at = mouthMs;
  for (const [moment, candidates] of chain) {
    const until = latency[moment];
    if (until === null || until <= at) continue;
    const room = { ms: until - at, taken: [] as [LatencyPart, number][] };
    for (const part of candidates) take(room, left, part);
    rooms.push(room);
    at = until;
  }
  for (const room of rooms) for (const part of partOrder) take(room, left, part);
  const beyond = partOrder.filter((part) => left[part] > 0).map((part) => [part, left[part]] as const);
  return inOrder([...rooms.flatMap(({ taken }) => taken), ...beyond]);
}

function take(
  room: { ms: number; taken: [LatencyPart, number][] },
  left: Record<LatencyPart, number>,
  part: LatencyPart,
): void {
  const ms = Math.min(room.ms, left[part]);
  if (ms <= 0) return;
  room.taken.push([part, ms]);
  room.ms -= ms;
  left[part] -= ms;
}

/** Lines up the stretches without gaps and joins neighbours of the same part. */
function inOrder(stretches: readonly (readonly [LatencyPart, number])[]): Segment[] {
  const segments: Segment[] = [];
  let startMs = 0;
  for (const [part, durationMs] of stretches) {
    const previous = segments.at(-1);
    if (previous?.part === part)
      segments[segments.length - 1] = { ...previous, durationMs: previous.durationMs + durationMs };
    else segments.push({ part, startMs, durationMs });
    startMs += durationMs;
  }
  return segments;
}
