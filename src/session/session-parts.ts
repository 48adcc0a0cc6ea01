/** The parts that a session is built from, and its metrics. */
import type { Clock } from '../core/clock.js';
import type { SessionActivity } from '../events/session-activity.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { LatencySummary } from '../metrics/percentile.js';
import type { Prices } from '../metrics/prices.js';
import type { Usage } from '../metrics/usage-ledger.js';
import type { SpeechToText } from '../providers/speech-to-text.js';
import type { InboundQuality, TransportType } from '../transport/transport.js';
import type { TextToSpeech } from '../providers/text-to-speech.js';
import type { VoiceActivityDetection } from '../vad/voice-activity-detector.js';
import type { VoiceChecking } from '../vad/voice-check.js';
import type { AgentTools } from './agent-tools.js';
import type { ReconnectLimits } from './reconnection.js';
import type { SessionState } from './turn-taking/session-state.js';
import type { SpeculationCounts } from './speculative-answers.js';
import type { TurnMetrics } from './turn-record.js';
import type { SpeculationLimits } from './turn-taking/speculation-state.js';
import type { TurnTaking } from './turn-taking/turn-taking.js';

/** Text for `Session.speak()`: a whole text, or pieces as a model streams them. */
export type Speakable = string | Iterable<string> | AsyncIterable<string>;

/** Result of `Session.speak()`. */
export interface SpeakResult {
  readonly turn: number;
  /** The words that the caller heard. */
  readonly heardText: string;
  /** Whether the speech was cut, or dropped before the caller heard any of it. */
  readonly interrupted: boolean;
}

/** The agent of a managed session. */
export interface SessionAgent {
  readonly systemPrompt: string;
  /** Spoken when the call begins; empty for no greeting. */
  readonly greeting: string;
  /** Language of the agent, for example `en`. */
  readonly language: string;
  readonly tools: AgentTools;
  /** Spoken when a provider fails and no fallback takes over. */
  readonly apology: string;
  /** What happens after the apology; null: the call goes on, except when the recogniser has failed. */
  readonly afterFailure: 'go_on' | 'end' | null;
  /** Spoken when a tool or reasoning keeps the caller waiting in silence; empty for no filler. */
  readonly filler: string;
  readonly fillerAfterMs: number;
  /** Whether the model's reasoning is emitted as events. */
  readonly reasoningEvents: boolean;
}

export interface SessionLimits {
  /** Longest session. */
  readonly maxDurationMs: number;
  /** Longest time in which neither side speaks. */
  readonly idleTimeoutMs: number;
}

/** The objects that a session uses. It owns only the streams that it opens. */
export interface SessionParts {
  readonly id: string;
  readonly clock: Clock;
  readonly transportType: TransportType;
  readonly vad: VoiceActivityDetection;
  /** Tells voices from other sounds that `vad` takes for speech; null: all of them are speech. */
  readonly voiceChecking: VoiceChecking | null;
  readonly stt: SpeechToText;
  /** Only a managed session needs one. */
  readonly llm: LanguageModel | null;
  readonly tts: TextToSpeech;
  /** Speaks the apology if `tts` fails; null for silence. */
  readonly fallbackVoice: TextToSpeech | null;
  /** Null: the application answers with `speak()`. */
  readonly agent: SessionAgent | null;
  readonly turnTaking: TurnTaking;
  /** Limits of answers that are begun before the turn is certain; null: none are. */
  readonly speculation: SpeculationLimits | null;
  readonly limits: SessionLimits;
  /** What providers charge: the tables, of which the first counts that has a price. */
  readonly prices: readonly Prices[];
  /** What happens when the connection is lost. */
  readonly reconnect: ReconnectLimits;
}

/** Result of `Session.getMetrics()`. */
export interface SessionMetrics {
  readonly sessionId: string;
  readonly transport: TransportType;
  readonly state: SessionState;
  /** What the session does or waits for. */
  readonly activity: SessionActivity;
  /** Milliseconds since `session.start`; null before it. */
  readonly ageMs: number | null;
  readonly turns: readonly TurnMetrics[];
  /** What answers that were begun before their turn was committed came to. */
  readonly speculation: SpeculationCounts;
  /** What the providers were used for; an answer that the end of the call cut may report its use shortly after. */
  readonly usage: Usage;
  /** Over the turns with a mouth→ear figure, in milliseconds. */
  readonly mouthToEar: LatencySummary;
  /** Whether the caller's audio arrives: `stopped` after 3 s without audio; null if that is unknown. */
  readonly media: 'flowing' | 'stopped' | null;
  /** Quality of the caller's audio; null before the call, and if the wire loses nothing. */
  readonly inboundAudio: InboundQuality | null;
  /** How often each warning was emitted, by code. */
  readonly warnings: Readonly<Record<string, number>>;
}
