/** The messages between the dashboard's threads. */
import type { MessagePort } from 'node:worker_threads';
import type { DashboardInput } from './model/dashboard-model.js';
import type { DashboardRequest } from './model/key-press.js';
import type { RelayFacts } from './model/relay-facts.js';

/** The painting thread's start data. */
export interface PainterData {
  readonly relay: RelayFacts;
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** The terminal's file descriptor. */
  readonly fd: number;
  /** The shared memory of the {@link FrameGate}. */
  readonly gate: SharedArrayBuffer;
  /** The number of frames after which the thread asks to be replaced. */
  readonly framesPerThread: number;
  /** The time on the dashboard's clock: each thread's own clock starts at its start. */
  readonly nowMs: number;
  /** The port on which the previous thread sends its model; null for the first thread. */
  readonly predecessor: MessagePort | null;
}

export type ToPainter =
  | { readonly type: 'inputs'; readonly inputs: readonly DashboardInput[] }
  | { readonly type: 'typed'; readonly text: string }
  /** The screen was cleared: draw everything again. */
  | { readonly type: 'cleared' }
  /** Another thread takes over: send it the model, then end. */
  | { readonly type: 'hand_over'; readonly successor: MessagePort };

export type FromPainter =
  | { readonly type: 'request'; readonly request: DashboardRequest }
  /** It has painted its number of frames and should be replaced. */
  | { readonly type: 'worn' };
