import { silenceDbfs } from './input/voice-level.js';
import type { InputPipeline } from './input/input-pipeline.js';
import { summarise } from '../metrics/percentile.js';
import type { Transport } from '../transport/transport.js';
import type { SessionMetrics, SessionParts } from './session-parts.js';
import type { TurnRunner } from './turn-runner.js';
import { describeActivity, describeState } from './turn-taking/machine-state.js';
import type { MachineState } from './turn-taking/session-state.js';

export interface SessionMetricsOptions {
  readonly parts: SessionParts;
  readonly machine: MachineState;
  /** Milliseconds since `session.start`. */
  readonly nowMs: number;
  readonly turns: TurnRunner;
  /** Null before the call. */
  readonly transport: Transport | null;
  readonly usage: SessionMetrics['usage'];
  readonly warnings: SessionMetrics['warnings'];
}

/** A session's figures as they are now. */
export function sessionMetrics({
  parts,
  machine,
  nowMs,
  turns: { metrics: turns, speculation },
  transport,
  usage,
  warnings,
}: SessionMetricsOptions): SessionMetrics {
  const figures = turns.flatMap(({ latency }) => latency.mouth_to_ear_ms ?? []);
  return {
    sessionId: parts.id,
    transport: parts.transportType,
    state: describeState(machine),
    activity: describeActivity(machine),
    ageMs: machine.phase === 'waiting' ? null : nowMs,
    turns,
    speculation,
    usage,
    mouthToEar: summarise(figures),
    media: mediaOf(transport),
    inboundAudio: transport?.inboundQuality ?? null,
    warnings,
  };
}

function mediaOf(transport: Transport | null): SessionMetrics['media'] {
  const stopped = transport?.mediaStopped;
  if (stopped === undefined) return null;
  return stopped ? 'stopped' : 'flowing';
}

/** How loud both sides are, in dBFS; -100 is silence. */
export interface SessionLevels {
  readonly callerDbfs: number;
  readonly agentDbfs: number;
}

/** The levels of a session as they are now. */
export function levelsOf(
  machine: MachineState,
  input: InputPipeline | null,
  turns: TurnRunner,
): SessionLevels {
  const isPlaying = machine.agent?.phase === 'playing';
  return {
    callerDbfs: Math.max(silenceDbfs, input?.levelDbfs ?? silenceDbfs),
    agentDbfs: isPlaying ? turns.levelDbfs : silenceDbfs,
  };
}
