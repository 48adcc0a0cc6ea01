import type { Panel } from '../model/dashboard-ui.js';
import type { Row } from './span.js';

export const panelNames: Readonly<Record<Panel, string>> = {
  sessions: 'SESSIONS',
  log: 'SYS_LOG',
  latency: 'LATENCY',
  transcript: 'TRANSCRIPT',
};

/** The text in the rule above a panel, besides its name. */
export interface PanelTitle {
  /** The subject, after the name. */
  readonly about: Row;
  /** At the right end. */
  readonly aside: Row;
}
