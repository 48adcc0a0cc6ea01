/** What the two threads of the dashboard say to each other. */
import type { DashboardInput } from './model/dashboard-model.js';
import type { DashboardRequest } from './model/key-press.js';
import type { RelayFacts } from './model/relay-facts.js';

/** What the painting thread is started with. */
export interface PainterData {
  readonly relay: RelayFacts;
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** The terminal's file descriptor. */
  readonly fd: number;
  /** Of the {@link FrameGate}. */
  readonly gate: SharedArrayBuffer;
}

export type ToPainter =
  | { readonly type: 'inputs'; readonly inputs: readonly DashboardInput[] }
  | { readonly type: 'typed'; readonly text: string };

export interface FromPainter {
  readonly request: DashboardRequest;
}
