/** Translates a drill's fault into the simulators' scripts. */
import type { RecogniserFault, VoiceFault } from '../simulators/vendor-simulator.js';
import type { Drill, SttDrill } from './drill.js';
import type { HeardUtterance } from './drill-run.js';
import type { Vendors } from './vendors.js';

/** More attempts than a supervisor makes in any call. */
const everyAttempt = 60;

/** A moment during the greeting. */
const soonMs = 500;

/** The recogniser's faults by connection; mid-speech faults at their position in the rehearsed utterance. */
export function recogniserFaults(drill: Drill | null, utterance: HeardUtterance | null): RecogniserFault[] {
  if (drill?.kind !== 'stt') return [];
  const fault = faultAt(drill, utterance);
  return fault ? repeated(drill, fault) : [];
}

/** Arms the faults from the beginning of the call. */
export function armForCall(drill: Drill | null, { tts }: Vendors): void {
  if (drill?.kind === 'tts' && isRefusal(drill.fault)) tts.failNext(...repeated(drill, drill.fault));
}

/** Arms the faults of the answer to the caller's first turn. */
export function armForAnswer(drill: Drill | null, { llm, tts }: Vendors): void {
  if (drill?.kind === 'llm') llm.failNext(...repeated(drill, drill.fault));
  if (drill?.kind === 'tts' && !isRefusal(drill.fault)) tts.failNext(...repeated(drill, drill.fault));
}

function faultAt({ fault }: SttDrill, utterance: HeardUtterance | null): RecogniserFault | null {
  if (!('at' in fault)) return fault;
  if (!utterance) return null;
  const { at, ...rest } = fault;
  const { fromMs, untilMs, flushedMs } = utterance;
  if (typeof at === 'number') return { ...rest, afterAudioMs: fromMs + at * (untilMs - fromMs) };
  // Cut with the next frame: the final takes longer than that.
  if (at === 'after_flush') return { ...rest, afterAudioMs: flushedMs + 1 };
  return { ...rest, afterAudioMs: Math.min(soonMs, fromMs / 2) };
}

function repeated<F>({ always }: Drill, fault: F): F[] {
  return Array.from({ length: always ? everyAttempt : 1 }, () => fault);
}

function isRefusal({ fault }: VoiceFault): boolean {
  return fault === 'refuse';
}
