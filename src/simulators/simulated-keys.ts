/**
 * The keys of the simulated vendors. They work only with the simulators. Every part of each key is unique, so that a search for
 * it in logs, events and recordings finds leaks only.
 */
export const simulatedKeys = {
  deepgram: 'dg-simulated-4f1c9a7e20d8b563',
  openai: 'sk-simulated-b82e05d1f6c3974a',
  elevenlabs: 'el-simulated-9d60e7b3a14f5c28',
  /** An account's auth token. */
  twilio: 'tw-simulated-e5a81f3c6b09d742',
} as const;
