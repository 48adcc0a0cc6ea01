import type { AudioFrame } from '../audio/audio-frame.js';
import type { TransportListener, TransportType } from '../transport/transport.js';
import type { MachineRunner } from './machine-runner.js';
import type { Reconnection } from './reconnection.js';
import { toMicroseconds, type SessionReporter } from './session-reporter.js';
import type { TurnRunner } from './turn-runner.js';

export interface TransportListenerOptions {
  readonly transportType: TransportType;
  readonly reporter: SessionReporter;
  readonly machine: MachineRunner;
  readonly turns: TurnRunner;
  readonly reconnection: Reconnection;
  /** Start of the session on the clock. */
  readonly startedMs: number;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
  readonly onAudio: (frame: AudioFrame) => void;
}

/** What a session does with all that its transport reports. */
export function transportListener({
  transportType,
  reporter,
  machine,
  turns,
  reconnection,
  startedMs,
  nowMs,
  onAudio,
}: TransportListenerOptions): TransportListener {
  return {
    onAudio,
    onHeard: (mark) => turns.heard({ ...mark, atMs: mark.atMs - startedMs }),
    onDtmf: (digit) => reporter.emit({ type: 'dtmf', turn: machine.state.nextTurn, digit }),
    onTypedText: (text) => machine.dispatch({ type: 'typed', atMs: nowMs(), text }),
    onWarning: ({ code, message }) => reporter.warn(code, message),
    onMediaResumed: (gapMs) =>
      reporter.emit({ type: 'media.resumed', turn: machine.currentTurn, gapMs: toMicroseconds(gapMs) }),
    onLost: (cause) => reconnection.lost(cause),
    onBack: () => reconnection.back(),
    onEnd: (reason, cause) => {
      if (reason === 'transport_error')
        reporter.error({
          message: `The ${transportType} connection failed: ${cause?.message ?? 'no reason given'}`,
        });
      machine.dispatch({ type: 'end', atMs: nowMs(), reason: reason === 'closed' ? 'ended' : reason });
    },
  };
}
