import type { Panel } from '../model/dashboard-ui.js';
import type { Row } from './span.js';

export const panelNames: Readonly<Record<Panel, string>> = {
  sessions: 'SESSIONS',
  log: 'SYS_LOG',
  latency: 'LATENCY',
  transcript: 'TRANSCRIPT',
};

/** What a panel says in the rule above it, besides its name. */
export interface PanelTitle {
  /** What the panel is about. */
  readonly about: Row;
  /** At the right end. */
  readonly aside: Row;
}
