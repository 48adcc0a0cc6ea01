/** A fault drill: which provider fails, how and when, and what the call must achieve. */
import type { ProviderKind } from '../core/errors.js';
import type { SessionEventType } from '../events/session-event.js';
import type { ModelFault, RecogniserFault, VoiceFault } from '../simulators/vendor-simulator.js';

/** Moments of the caller's first utterance, as the recogniser's server receives it. */
export type SpeechMoment =
  /** During the agent's greeting. */
  | 'before_speech'
  /** When this share of it has been said, 0 to 1. */
  | number
  /** When all of it was said and its final was requested. */
  | 'after_flush';

/** A fault at a position in the audio. */
type MidStreamFault = Extract<RecogniserFault, { readonly afterAudioMs: number }>;

/** A fault whose place in the audio depends on the recording. */
type FaultInSpeech = MidStreamFault extends infer F
  ? F extends MidStreamFault
    ? Omit<F, 'afterAudioMs'> & { readonly at: SpeechMoment }
    : never
  : never;

/** A recogniser fault whose moment is known. */
export type SttDrillFault = Exclude<RecogniserFault, MidStreamFault> | FaultInSpeech;

/** Where in the call the caller's own connection breaks. */
export type ConnectionMoment =
  /** In the middle of the greeting. */
  | 'greeting'
  /** Between the greeting and the caller's first words. */
  | 'silence'
  /** In the middle of the caller's first words. */
  | 'utterance'
  /** While a tool runs that the model called before it answered. */
  | 'tool'
  /** In the middle of the answer to them. */
  | 'answer';

/** What the caller must hear. */
export type DrillOutcome =
  /** The same words as without the fault, each once. */
  | 'answer'
  /** The same words, or the apology in place of missing ones. */
  | 'answer_or_apology'
  /** The apology. */
  | 'apology'
  /** The session cannot detect the fault; the log must contain a warning. */
  | 'warning'
  /** The caller came back too late: the session has ended with `connection_lost`. */
  | 'lost';

interface DrillBase {
  /** Its name on the command line. */
  readonly name: string;
  /** One line for the list of drills. */
  readonly says: string;
  /** Every attempt fails, not only the first. */
  readonly always?: true;
  /** It has a fallback. */
  readonly fallback?: true;
  /** The event types that the log must show, each at least once. */
  readonly shows: readonly SessionEventType[];
  readonly outcome: DrillOutcome;
  /** The most requests the provider may get, if retries are useless. */
  readonly asked?: number;
}

export interface SttDrill extends DrillBase {
  readonly kind: 'stt';
  readonly fault: SttDrillFault;
}

export interface LlmDrill extends DrillBase {
  readonly kind: 'llm';
  /** Happens to the answer to the caller's first turn. */
  readonly fault: ModelFault;
}

export interface TtsDrill extends DrillBase {
  readonly kind: 'tts';
  /** A refusal happens when the call begins; anything else to the answer to the caller's first turn. */
  readonly fault: VoiceFault;
}

/** The caller's own connection breaks: the phone's media socket, the browser's peer connection. */
export interface ConnectionDrill extends DrillBase {
  readonly kind: 'connection';
  /** Each is one break. */
  readonly breaks: readonly ConnectionMoment[];
  /** How long after a break the caller comes back. @default at once */
  readonly awayMs?: number;
}

export type Drill = SttDrill | LlmDrill | TtsDrill | ConnectionDrill;

/** Whether the agent of this drill has a tool. */
export function needsTool(drill: Drill): boolean {
  return drill.kind === 'connection' && drill.breaks.includes('tool');
}

/** What fails in a drill. */
export type FailingPart = ProviderKind | 'connection';

/** Their names in texts. */
export const partNames: Readonly<Record<FailingPart, string>> = {
  connection: "caller's connection",
  stt: 'recogniser',
  llm: 'model',
  tts: 'voice',
};
