/**
 * Parity: what must be equal when the same recording is played twice, over different transports or on different days.
 * Each turn has three lanes and an outcome: types and texts, without times and partials.
 */
import type { SessionEvent } from '../events/session-event.js';

export interface TurnLanes {
  readonly turn: number;
  /** First speech.start, last speech.end, last transcript.final. */
  readonly caller: readonly string[];
  /** Tool calls and the answer. */
  readonly model: readonly string[];
  /** The playout of the answer: start, pauses, resumptions, interruption, end. */
  readonly voice: readonly string[];
  /** How the turn ended; null if it never did. */
  readonly outcome: string | null;
}

export interface SessionLanes {
  readonly turns: readonly TurnLanes[];
  /** The reason of `session.end`; null if there was none. */
  readonly end: string | null;
}

interface OpenTurn {
  speechStart: boolean;
  speechEnd: boolean;
  transcript: string | null;
  model: string[];
  voice: string[];
  outcome: string | null;
}

/** The lanes of one session's events. */
export function lanesOf(events: Iterable<SessionEvent>): SessionLanes {
  const turns = new Map<number, OpenTurn>();
  let end: string | null = null;
  for (const event of events) {
    if (event.type === 'session.end') end = event.reason;
    if (!isLaneEvent(event.type)) continue;
    const turn = turns.get(event.turn) ?? {
      speechStart: false,
      speechEnd: false,
      transcript: null,
      model: [],
      voice: [],
      outcome: null,
    };
    turns.set(event.turn, turn);
    note(turn, event);
  }
  const sorted = [...turns].sort(([a], [b]) => a - b);
  return { turns: sorted.map(([number, turn]) => lanesOfTurn(number, turn)), end };
}

/** One entry of the lanes: its turn and lane, and its text. */
export interface LaneRow {
  readonly lane: string;
  readonly entry: string;
}

/** The lanes as rows of a table. */
export function laneRows({ turns, end }: SessionLanes): LaneRow[] {
  const rows = turns.flatMap(({ turn, caller, model, voice, outcome }) => [
    ...caller.map((entry) => ({ lane: `turn ${turn}  caller`, entry })),
    ...model.map((entry) => ({ lane: `turn ${turn}  model `, entry })),
    ...voice.map((entry) => ({ lane: `turn ${turn}  voice `, entry })),
    { lane: `turn ${turn}  end   `, entry: outcome ?? none },
  ]);
  return [...rows, { lane: 'session end', entry: end ?? none }];
}

/** The lanes as lines of text, for a diff. */
export function laneLines(lanes: SessionLanes): string[] {
  return laneRows(lanes).map(({ lane, entry }) => `${lane}  ${entry}`);
}

const none = '(none)';

const laneEvents = new Set<SessionEvent['type']>([
  'speech.start',
  'speech.end',
  'transcript.final',
  'llm.tool_call',
  'llm.response',
  'tts.audio_start',
  'tts.audio_end',
  'agent.paused',
  'agent.resumed',
  'agent.interrupted',
  'turn.end',
]);

function isLaneEvent(type: SessionEvent['type']): boolean {
  return laneEvents.has(type);
}

function note(turn: OpenTurn, event: SessionEvent): void {
  switch (event.type) {
    case 'speech.start':
      turn.speechStart = true;
      return;
    case 'speech.end':
      turn.speechEnd = true;
      return;
    case 'transcript.final':
      turn.transcript = event.text;
      return;
    case 'llm.tool_call':
      turn.model.push(`llm.tool_call: ${event.name}(${event.arguments})`);
      return;
    case 'llm.response':
      turn.model.push(`llm.response: ${event.text}`);
      return;
    case 'tts.audio_start':
    case 'agent.paused':
    case 'agent.interrupted':
      turn.voice.push(event.type);
      return;
    case 'agent.resumed':
      turn.voice.push(`agent.resumed: ${event.reason}`);
      return;
    case 'tts.audio_end':
      turn.voice.push(event.cut ? 'tts.audio_end: cut' : 'tts.audio_end');
      return;
    case 'turn.end':
      turn.outcome = event.aborted ?? 'completed';
      return;
    default:
      return;
  }
}

function lanesOfTurn(
  turn: number,
  { speechStart, speechEnd, transcript, model, voice, outcome }: OpenTurn,
): TurnLanes {
  const caller = [
    ...(speechStart ? ['speech.start'] : []),
    ...(speechEnd ? ['speech.end'] : []),
    ...(transcript === null ? [] : [`transcript.final: ${transcript}`]),
  ];
  return { turn, caller, model, voice, outcome };
}
