/** What a session is made of, and what it tells about itself. */
import type { Clock } from '../clock.js';
import type { LanguageModel } from '../llm/language-model.js';
import type { LatencySummary } from '../metrics/percentile.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import type { InboundQuality, TransportType } from '../transport/transport.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import type { VoiceActivityDetection } from '../vad/voice-activity-detector.js';
import type { AgentTools } from './agent-tools.js';
import type { SessionState } from './session-state.js';
import type { TurnMetrics } from './turn-record.js';
import type { TurnTaking } from './turn-taking.js';

/** Text for `Session.speak()`: whole, or piece by piece as a model writes it. */
export type Speakable = string | Iterable<string> | AsyncIterable<string>;

/** What became of `Session.speak()`. */
export interface SpeakResult {
  readonly turn: number;
  /** The words that the caller heard. */
  readonly heardText: string;
  /** Whether it was cut short, or dropped before anything was heard. */
  readonly interrupted: boolean;
}

/** The agent of a managed session. */
export interface SessionAgent {
  readonly systemPrompt: string;
  /** Spoken when the call begins; nothing where it is empty. */
  readonly greeting: string;
  /** The language that it speaks, for example `en`. */
  readonly language: string;
  readonly tools: AgentTools;
  /** Spoken when a provider fails and nobody takes over. */
  readonly apology: string;
  /** What happens after the apology; null: the call goes on, except when nobody can hear the caller any more. */
  readonly afterFailure: 'go_on' | 'end' | null;
  /** Spoken when a tool keeps the caller waiting in silence; nothing where it is empty. */
  readonly filler: string;
  readonly fillerAfterMs: number;
}

export interface SessionLimits {
  /** Longest session. */
  readonly maxDurationMs: number;
  /** Longest time in which neither side speaks. */
  readonly idleTimeoutMs: number;
}

/** The objects that a session works with; it owns none of them but the streams it opens. */
export interface SessionParts {
  readonly id: string;
  readonly clock: Clock;
  readonly transportType: TransportType;
  readonly vad: VoiceActivityDetection;
  readonly stt: SpeechToText;
  /** Only a managed session needs one. */
  readonly llm: LanguageModel | null;
  readonly tts: TextToSpeech;
  /** Speaks the apology where `tts` cannot; null: then there is silence. */
  readonly lastResort: TextToSpeech | null;
  /** Null: the user drives with `speak()`. */
  readonly agent: SessionAgent | null;
  readonly turnTaking: TurnTaking;
  readonly limits: SessionLimits;
}

/** What `Session.getMetrics()` returns. */
export interface SessionMetrics {
  readonly sessionId: string;
  readonly transport: TransportType;
  readonly state: SessionState;
  /** Milliseconds since `session.start`; null before it. */
  readonly ageMs: number | null;
  readonly turns: readonly TurnMetrics[];
  /** Over the turns that have a figure, in milliseconds. */
  readonly mouthToEar: LatencySummary;
  /** How the caller's audio arrives; null before the call, and where the wire loses nothing. */
  readonly inboundAudio: InboundQuality | null;
  /** How often each warning came. */
  readonly warnings: Readonly<Record<string, number>>;
}
