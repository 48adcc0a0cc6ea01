import type { TransportDefinition } from '../transport-definition.js';

/** Calls from browsers and other WebRTC clients. */
export const webRtcDefinition = {
  type: 'webrtc',
  title: 'web',
  way: 'from a browser',
  /** The agent's audio before Opus encoding. */
  plays: { encoding: 'linear16', sampleRateHz: 24_000 },
  /** Opus decodes directly to the recognisers' rate. */
  hears: { encoding: 'linear16', sampleRateHz: 16_000 },
  asksAfterCall: false,
} as const satisfies TransportDefinition;
