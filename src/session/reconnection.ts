/** A session whose connection was lost waits for its caller: how long, how often, and what goes on when it is back. */
import type { Clock, Timer } from '../core/clock.js';
import type { InputPipeline } from './input/input-pipeline.js';
import { toMicroseconds, type SessionReporter } from './session-reporter.js';
import type { MachineInput } from './turn-taking/session-state.js';

export interface ReconnectLimits {
  /** How long to wait; 0 ends the call at once. */
  readonly windowMs: number;
  /** How often a call may come back. */
  readonly maxTimes: number;
}

export const defaultReconnectLimits: ReconnectLimits = { windowMs: 15_000, maxTimes: 20 };

export interface ReconnectionOptions {
  readonly limits: ReconnectLimits;
  readonly clock: Clock;
  readonly reporter: SessionReporter;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
  /** The open turn, else the last one. */
  readonly currentTurn: () => number;
  readonly input: () => InputPipeline | null;
  /** Sends an input to the state machine. */
  readonly dispatch: (input: MachineInput) => void;
  /** Stops or restarts the idle timeout. */
  readonly onChange: () => void;
  /** The caller did not come back in time, or too often. */
  readonly onGivenUp: () => void;
}

export class Reconnection {
  readonly #options: ReconnectionOptions;
  #lostAtMs: number | null = null;
  #timer: Timer | null = null;
  #times = 0;

  constructor(options: ReconnectionOptions) {
    this.#options = options;
  }

  /** Whether the session waits for its caller. */
  get isLost(): boolean {
    return this.#lostAtMs !== null;
  }

  /** The connection was lost. */
  lost(cause: string): void {
    const { limits, clock, reporter, nowMs, currentTurn, input, dispatch, onChange, onGivenUp } =
      this.#options;
    const { windowMs, maxTimes } = limits;
    if (windowMs === 0 || this.#times >= maxTimes) return onGivenUp();
    this.#times++;
    this.#lostAtMs = clock.nowMs();
    this.#timer = clock.setTimer(windowMs, onGivenUp);
    onChange();
    input()?.lost();
    dispatch({ type: 'line_lost', atMs: nowMs() });
    reporter.emit({ type: 'session.reconnecting', turn: currentTurn(), cause, windowMs });
  }

  /** The connection is back. */
  back(): void {
    const { clock, reporter, nowMs, currentTurn, input, dispatch, onChange } = this.#options;
    if (this.#lostAtMs === null) return;
    const gapMs = toMicroseconds(clock.nowMs() - this.#lostAtMs);
    this.close();
    reporter.emit({ type: 'session.reconnected', turn: currentTurn(), gapMs });
    onChange();
    input()?.back();
    dispatch({ type: 'line_back', atMs: nowMs() });
  }

  /** Stops waiting. Idempotent. */
  close(): void {
    this.#lostAtMs = null;
    this.#timer?.cancel();
    this.#timer = null;
  }
}
