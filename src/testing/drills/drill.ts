/** A fault drill: which provider fails, how and when, and what a call must make of it. */
import type { ProviderKind } from '../../errors.js';
import type { SessionEventType } from '../../events/session-event.js';
import type { DeepgramFault, MidStreamFault } from '../deepgram/deepgram-fault.js';
import type { ElevenLabsFault } from '../elevenlabs/elevenlabs-fault.js';
import type { OpenAiFault } from '../openai/openai-script.js';

/** Moments of the caller's first utterance, as the recogniser's server gets it. */
export type SpeechMoment =
  /** While the agent still greets. */
  | 'before_speech'
  /** When that share of it has been said, 0 to 1. */
  | number
  /** Everything was said and its final was asked for. */
  | 'after_flush';

/** A fault whose place in the audio depends on the recording. */
type FaultInSpeech = MidStreamFault extends infer F
  ? F extends MidStreamFault
    ? Omit<F, 'afterAudioMs'> & { readonly at: SpeechMoment }
    : never
  : never;

/** A fault of the recogniser, once the moment is known. */
export type SttDrillFault = Exclude<DeepgramFault, MidStreamFault> | FaultInSpeech;

/** What the caller is left with. */
export type DrillOutcome =
  /** The same words as without the fault, each once. */
  | 'answer'
  /** Those, or the apology in place of what is missing. */
  | 'answer_or_apology'
  /** The apology. */
  | 'apology'
  /** The session cannot know that anything is wrong; the log has to. */
  | 'warning';

interface DrillBase {
  /** What it is called on the command line. */
  readonly name: string;
  /** One line for those who choose. */
  readonly says: string;
  /** Every attempt fails, not the first alone. */
  readonly always?: true;
  /** There is another provider behind it. */
  readonly fallback?: true;
  /** What the log must show, each at least once. */
  readonly shows: readonly SessionEventType[];
  readonly outcome: DrillOutcome;
  /** How often the provider may be asked in all where asking again is of no use. */
  readonly asked?: number;
}

export interface SttDrill extends DrillBase {
  readonly kind: 'stt';
  readonly fault: SttDrillFault;
}

export interface LlmDrill extends DrillBase {
  readonly kind: 'llm';
  /** Happens to the answer to the caller's first turn. */
  readonly fault: OpenAiFault;
}

export interface TtsDrill extends DrillBase {
  readonly kind: 'tts';
  /** A refusal happens when the call begins; anything else to the answer to the caller's first turn. */
  readonly fault: ElevenLabsFault;
}

export type Drill = SttDrill | LlmDrill | TtsDrill;

/** Providers as people call them. */
export const kindNames: Readonly<Record<ProviderKind, string>> = {
  stt: 'recogniser',
  llm: 'model',
  tts: 'voice',
};
