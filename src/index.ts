/**
 * hzrelay: one session model for phone and browser voice.
 *
 * `createSession(config)` takes the next call; `createRelay(options)` creates a session for every call. All exports of
 * this file are public API; anything else may change at any time.
 */
export { createRelay, createSession } from './relay/create.js';
export { defineAgent, defineTool, type AgentDefinition } from './relay/config/define-agent.js';
export { Relay } from './relay/relay.js';
export type { IncomingCall, RelayNotice, RelayOptions } from './relay/relay-options.js';
export type { TwilioCallAccount } from './relay/twilio-call-account.js';
export type { SessionDirectory, SessionSnapshot } from './relay/session-directory.js';
export type { AgentConfig, RelaySessionConfig, SessionConfig } from './relay/config/config.js';
export type { OneOrMore } from './relay/config/provider-config.js';
export {
  defineProvider,
  type CloudConfig,
  type DefinitionParts,
  type LanguageForm,
  type NamedConfig,
  type OwnProviderConfig,
  type ProviderContext,
  type ProviderDefinition,
  type ProviderKey,
  type ProviderOf,
  type VoiceNames,
} from './providers/provider-definition.js';
export type { LlmConfig, SttConfig, TtsConfig } from './providers/registry.js';
export type { LocalLlmConfig, LocalSttConfig, LocalTtsConfig } from './providers/local/local-definitions.js';
export type { AssemblyAiSttConfig } from './providers/assemblyai/assemblyai-definition.js';
export type { AnthropicLlmConfig } from './providers/anthropic/anthropic-definition.js';
export type { DeepgramSttConfig } from './providers/deepgram/deepgram-definition.js';
export type { DeepgramTtsConfig } from './providers/deepgram/voice/deepgram-voice-definition.js';
export type {
  ElevenLabsTtsConfig,
  ElevenLabsSttConfig,
} from './providers/elevenlabs/elevenlabs-definition.js';
export type {
  AzureOpenAiLlmConfig,
  GroqLlmConfig,
  OllamaLlmConfig,
  OpenRouterLlmConfig,
} from './providers/openai/compatible-definitions.js';
export type { GoogleLlmConfig } from './providers/google/google-definition.js';
export type { CartesiaSttConfig, CartesiaTtsConfig } from './providers/cartesia/cartesia-definition.js';
export type { OpenAiLlmConfig } from './providers/openai/openai-definition.js';
export type { OpenAiSttConfig } from './providers/openai/recogniser/openai-recogniser-definition.js';
export type { OpenAiTtsConfig } from './providers/openai/voice/openai-voice-definition.js';
export { defaultSupervision, type Supervision } from './fallback/policy/supervision.js';
export { Session } from './session/session.js';
export type { AgentChange, SessionChange } from './session/session-change.js';
export type { Speakable, SpeakResult, SessionLimits, SessionMetrics } from './session/session-parts.js';
export type { SessionState } from './session/turn-taking/session-state.js';
export type { SessionTrace, TraceStep } from './session/trace/session-trace.js';
export type { TurnMetrics } from './session/turn-record.js';
export { defaultTurnTaking, type TurnTaking } from './session/turn-taking/turn-taking.js';
export type { AgentTool, AgentTools, ToolContext, ToolSchemas } from './session/agent-tools.js';
export type { SessionActivity } from './events/session-activity.js';
export type { EventListener, Subscription } from './events/event-bus.js';
export type {
  ChangedPart,
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
export { systemClock, type Clock, type Timer } from './core/clock.js';
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
} from './core/errors.js';
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
export type {
  SpeechToText,
  SpeechToTextStream,
  SttEvent,
  SttStreamOptions,
} from './providers/speech-to-text.js';
export type {
  TextToSpeech,
  TextToSpeechStream,
  TtsEvent,
  TtsStreamOptions,
  UnsayableText,
} from './providers/text-to-speech.js';
export type { TimedWord } from './audio/timed-word.js';
export type { ProviderNotice } from './events/provider-notice.js';
export type { OnIncident, ProviderIncident, ProviderRequest } from './events/provider-incident.js';
export type {
  ChatMessage,
  LanguageModel,
  LlmEvent,
  LlmRequest,
  SignOfLife,
  ToolCall,
  ToolDefinition,
} from './providers/language-model.js';
export type { ModelFunction } from './providers/function-model.js';
