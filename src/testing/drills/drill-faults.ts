/** A drill's fault in the words of the simulators' scripts. */
import type { DeepgramFault } from '../deepgram/deepgram-fault.js';
import type { Drill, SttDrill } from './drill.js';
import type { HeardUtterance } from './drill-run.js';
import type { Vendors } from './vendors.js';

/** More attempts than any supervisor makes in a call. */
const everyAttempt = 60;

/** A moment of the greeting. */
const soonMs = 500;

/** The recogniser's faults by connection; those in the middle of speech at their place in the rehearsed utterance. */
export function recogniserFaults(drill: Drill | null, utterance: HeardUtterance | null): DeepgramFault[] {
  if (drill?.kind !== 'stt') return [];
  const fault = faultAt(drill, utterance);
  return fault ? repeated(drill, fault) : [];
}

/** Arms what goes wrong from the beginning of the call. */
export function armForCall(drill: Drill | null, { elevenlabs }: Vendors): void {
  if (drill?.kind === 'tts' && isRefusal(drill.fault)) elevenlabs.failNext(...repeated(drill, drill.fault));
}

/** Arms what goes wrong with the answer to the caller's first turn. */
export function armForAnswer(drill: Drill | null, { openai, elevenlabs }: Vendors): void {
  if (drill?.kind === 'llm') openai.failNext(...repeated(drill, drill.fault));
  if (drill?.kind === 'tts' && !isRefusal(drill.fault)) elevenlabs.failNext(...repeated(drill, drill.fault));
}

function faultAt({ fault }: SttDrill, utterance: HeardUtterance | null): DeepgramFault | null {
  if (!('at' in fault)) return fault;
  if (!utterance) return null;
  const { at, ...rest } = fault;
  const { fromMs, untilMs, flushedMs } = utterance;
  if (typeof at === 'number') return { ...rest, afterAudioMs: fromMs + at * (untilMs - fromMs) };
  // With the next frame: the final takes longer.
  if (at === 'after_flush') return { ...rest, afterAudioMs: flushedMs + 1 };
  return { ...rest, afterAudioMs: Math.min(soonMs, fromMs / 2) };
}

function repeated<F>({ always }: Drill, fault: F): F[] {
  return Array.from({ length: always ? everyAttempt : 1 }, () => fault);
}

function isRefusal({ fault }: { readonly fault: string }): boolean {
  return fault === 'refuse' || fault === 'no_handshake';
}
