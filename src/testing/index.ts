/**
 * hzrelay/testing: test your own agents, without keys and without a network.
 *
 * Simulators of Deepgram, OpenAI, ElevenLabs and Twilio's REST API speak the vendors' real wires on the loopback interface;
 * your session's config takes their `baseUrl`, and nothing of your agent is replaced. {@link simulateCall} is a caller, by phone or from
 * a browser. Everything works with any test runner. What is exported here is public.
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
} from './deepgram-simulator.js';
export type { DeepgramFault } from './deepgram/deepgram-fault.js';
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
} from './deepgram/simulated-hearing.js';
export { hearingOf } from './deepgram/recognised-hearing.js';

export {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from './openai-simulator.js';
export {
  answersOf,
  type OpenAiAnswer,
  type OpenAiAnswers,
  type OpenAiFault,
  type OpenAiRequest,
} from './openai/openai-script.js';
export type { OpenAiPace } from './openai/openai-answer-stream.js';

export {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from './elevenlabs-simulator.js';
export type { ElevenLabsFault } from './elevenlabs/elevenlabs-fault.js';
export type { ElevenLabsPace } from './elevenlabs/simulated-context.js';
export { toneVoice, type SimulatedSpeech, type SimulatedVoice } from './elevenlabs/simulated-voice.js';

export {
  startTwilioRestSimulator,
  type TwilioRestRequest,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from './twilio-rest-simulator.js';
export type { CalleeScript, CallProblem } from './twilio/callee-script.js';
export type { TwilioRestError, TwilioRestFault } from './twilio/twilio-rest-error.js';
export type {
  OutboundCallRequest,
  SimulatedOutboundCall,
  StatusCallback,
} from './twilio/simulated-outbound-call.js';
export type { SimulatedNumber } from './twilio/twilio-resources.js';

export { VirtualClock } from './virtual-clock.js';
