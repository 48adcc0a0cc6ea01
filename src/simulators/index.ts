/**
 * hzrelay/testing: tests for your own agents, without keys and without a network.
 *
 * Simulators of Deepgram, OpenAI, ElevenLabs and Twilio's REST API speak the vendors' real wires on the loopback interface.
 * Set their `baseUrl` in your session's config; your agent stays unchanged. {@link simulateCall} calls it, by phone or from
 * a browser. Everything works with any test runner. All exports of this file are public.
 */
export {
  startSimulatedVendors,
  type SimulatedVendors,
  type SimulatedVendorsOptions,
} from './simulated-vendors.js';
export { simulateCall, type CallerTurn, type SimulateCallOptions } from './simulate-call.js';
export type { ReplayResult } from '../replay/replay-call.js';
export type { SaidTurn } from '../replay/conversation.js';
export type { CallEnd, CallRecording } from '../replay/caller.js';

export {
  startDeepgramSimulator,
  type DeepgramSimulator,
  type DeepgramSimulatorOptions,
} from './deepgram/deepgram-simulator.js';
export type { DeepgramFault } from './deepgram/deepgram-fault.js';
export type { ChosenManners, DeepgramManners } from './deepgram/deepgram-manners.js';
export type { ReceivedConnection } from './deepgram/received-connection.js';
export type { ListenQuery } from './deepgram/listen-query.js';
export type { DeepgramLatencies } from './deepgram/deepgram-latencies.js';
export {
  hearingInTurn,
  scriptedHearing,
  type ScriptedSpeech,
  type SimulatedEar,
  type SimulatedHearing,
  type SpokenWord,
} from './simulated-hearing.js';
export { hearingOf } from './recognised-hearing.js';

export {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from './openai/openai-simulator.js';
export {
  answersOf,
  type OpenAiAnswer,
  type OpenAiAnswers,
  type OpenAiFault,
  type OpenAiRecording,
  type OpenAiRequest,
} from './openai/openai-script.js';
export type { OpenAiManner } from './openai/openai-manners.js';
export type { SimulatedModel } from './openai/openai-models.js';
export type { SimulatedTemplate } from './openai/chat-template.js';
export type { OpenAiPace } from './openai/openai-answer-stream.js';

export {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from './elevenlabs/elevenlabs-simulator.js';
export type { ElevenLabsFault } from './elevenlabs/elevenlabs-fault.js';
export type { ElevenLabsManners, ElevenLabsTiming } from './elevenlabs/elevenlabs-manners.js';
export type {
  ElevenLabsPermission,
  SimulatedAccountOptions,
  SimulatedElevenLabsVoice,
} from './elevenlabs/simulated-account.js';
export type { ElevenLabsPace } from './elevenlabs/simulated-context.js';
export { toneVoice, type SimulatedSpeech, type SimulatedVoice } from './simulated-voice.js';

export {
  startTwilioRestSimulator,
  type TwilioRestRequest,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from './twilio-rest/twilio-rest-simulator.js';
export type { CalleeScript, CallProblem } from './twilio-rest/callee-script.js';
export type { TwilioRestError, TwilioRestFault } from './twilio-rest/twilio-rest-error.js';
export type {
  OutboundCallRequest,
  SimulatedOutboundCall,
  StatusCallback,
} from './twilio-rest/simulated-outbound-call.js';
export type { SimulatedNumber } from './twilio-rest/twilio-resources.js';

export { VirtualClock } from './virtual-clock.js';

export type { ContractCase, ContractSuite } from './contracts/contract-suite.js';
export {
  languageModelContract,
  type LanguageModelContractOptions,
} from './contracts/language-model-contract.js';
export {
  speechToTextContract,
  type SpeechToTextContractOptions,
} from './contracts/speech-to-text-contract.js';
export {
  textToSpeechContract,
  type TextToSpeechContractOptions,
} from './contracts/text-to-speech-contract.js';
