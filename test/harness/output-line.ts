import type { OutputListener } from '#src/session/output/output-listener.js';
import type { Transport } from '#src/transport/transport.js';

export const format = { encoding: 'linear16', sampleRateHz: 8000 } as const;

/** A line that plays whatever it is given. */
export const transport: Transport = {
  type: 'twilio',
  call: { parameters: {} },
  inputFormat: format,
  outputFormat: format,
  queuedSamples: 0,
  start: () => undefined,
  play: () => undefined,
  watch: () => undefined,
  pause: () => Promise.resolve({ positionSamples: 0, origin: 'measured' }),
  resume: () => undefined,
  clear: () => Promise.resolve({ positionSamples: 0, origin: 'measured' }),
  close: () => Promise.resolve(),
};
const nothing = (): void => undefined;
/** A listener that ignores all it is told. */
export const listener: OutputListener = {
  onToolsAwaited: nothing,
  onModelStart: nothing,
  onFirstToken: nothing,
  onToken: nothing,
  onReasoning: nothing,
  onToolCall: nothing,
  onToolResult: nothing,
  onText: nothing,
  onSpeechStart: nothing,
  onAudioReady: nothing,
  onFinished: nothing,
  onError: nothing,
  onFiller: nothing,
  onIncident: nothing,
  onUsage: nothing,
};
