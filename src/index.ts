/**
 * hzrelay: one session model for phone and browser voice.
 *
 * `createSession(config)` takes the next call; `createRelay(options)` makes a fresh session for every call. Everything
 * exported here is public; what is not exported may change at any time.
 */
export { createRelay, createSession } from './server/create.js';
export { defineAgent, defineTool, type AgentDefinition } from './server/define-agent.js';
export { Relay } from './server/relay.js';
export type { IncomingCall, RelayNotice, RelayOptions } from './server/relay-options.js';
export type { SessionDirectory, SessionSnapshot } from './server/session-directory.js';
export type { AgentConfig, RelaySessionConfig, SessionConfig } from './server/config.js';
export type {
  DeepgramSttConfig,
  ElevenLabsTtsConfig,
  LlmConfig,
  LocalLlmConfig,
  LocalSttConfig,
  LocalTtsConfig,
  OneOrMore,
  OpenAiLlmConfig,
  SttConfig,
  TtsConfig,
} from './server/provider-config.js';
export { defaultSupervision, type Supervision } from './supervisor/supervision.js';
export { Session } from './session/session.js';
export type { Speakable, SpeakResult, SessionLimits, SessionMetrics } from './session/session-parts.js';
export type { SessionState } from './session/session-state.js';
export type { TurnMetrics } from './session/turn-record.js';
export { defaultTurnTaking, type TurnTaking } from './session/turn-taking.js';
export type { AgentTool, AgentTools, ToolContext } from './session/agent-tools.js';
export type { EventListener, Subscription } from './events/event-bus.js';
export type {
  SessionEndReason,
  SessionEvent,
  SessionEventAlias,
  SessionEventType,
  TurnAbortReason,
} from './events/session-event.js';
export { formatLogLine, sysLogLine, type LogLine, type LogTag } from './events/sys-log.js';
export type { AbsentReason, LatencyPart, LatencyParts, TurnLatency } from './metrics/turn-latency.js';
export type { LatencySummary } from './metrics/percentile.js';
export type { AudioEncoding, AudioFormat, AudioFormats, AudioFrame } from './audio/audio-frame.js';
export { systemClock, type Clock, type Timer } from './clock.js';
export {
  AudioFileError,
  ConfigError,
  HzRelayError,
  InvalidStateError,
  ProviderError,
  TransportError,
  type ConfigProblem,
  type ProviderErrorCategory,
  type ProviderKind,
} from './errors.js';
export type {
  CallInfo,
  Heard,
  HeardMark,
  InboundQuality,
  Origin,
  Transport,
  TransportListener,
  TransportType,
} from './transport/transport.js';
export type { IceServerOptions, WebRtcOptions } from './transport/webrtc/ice-options.js';
export type { SpeechToText, SpeechToTextStream, SttEvent, SttStreamOptions } from './stt/speech-to-text.js';
export type { TextToSpeech, TextToSpeechStream, TtsEvent, TtsStreamOptions } from './tts/text-to-speech.js';
export type { TimedWord } from './audio/timed-word.js';
export type { OnIncident, ProviderIncident } from './events/provider-incident.js';
export type {
  ChatMessage,
  LanguageModel,
  LlmEvent,
  LlmRequest,
  ToolCall,
  ToolDefinition,
} from './llm/language-model.js';
export type { ModelFunction } from './llm/function-model.js';
