/** The user's choice of what the dashboard shows. */
import type { TransportType } from '../../transport/registry.js';

export const panels = ['sessions', 'log', 'latency', 'transcript'] as const;

export type Panel = (typeof panels)[number];

export type StatusTone = 'busy' | 'good' | 'bad';

/** A question, or a filter being typed; it receives the keys until it is answered. */
export type Prompt =
  | { readonly type: 'quit' }
  | { readonly type: 'end_session'; readonly sessionId: string }
  | { readonly type: 'filter'; readonly panel: FilteredPanel };

/** Panels whose lines can be filtered. */
export type FilteredPanel = 'sessions' | 'log';

export interface DashboardUi {
  readonly columns: number;
  readonly rows: number;
  readonly focus: Panel;
  /** Which of the two is shown if there is room for only one. */
  readonly detail: 'latency' | 'transcript';
  /** Whether the focused panel fills the screen. */
  readonly zoomed: boolean;
  /** The first visible line of the help; null while it is closed. */
  readonly helpFrom: number | null;
  readonly prompt: Prompt | null;
  /** As typed. */
  readonly filters: Readonly<Record<FilteredPanel, string>>;
  /** Whether the log shows only the selected session. */
  readonly onlySelected: boolean;
  /** Whether times are shown from the start of the call or as the time of day. */
  readonly times: 'call' | 'day';
  /** Calls placed from the dashboard that have not begun; each is selected when it begins. */
  readonly placed: readonly TransportType[];
  /** Null for the latest call. */
  readonly selectedSession: string | null;
  /** Null for the latest turn with a figure. */
  readonly selectedTurn: number | null;
  /** The number of the last visible line; null while the log follows. */
  readonly logUntil: number | null;
  /** Whether partials, tokens and raw speech edges are shown. */
  readonly verbose: boolean;
  /** How many lines the transcript is scrolled back from its end. */
  readonly transcriptBack: number;
  readonly status: { readonly text: string; readonly tone: StatusTone; readonly untilMs: number } | null;
}

export function initialUi(size: { readonly columns: number; readonly rows: number }): DashboardUi {
  return {
    ...size,
    focus: 'sessions',
    detail: 'transcript',
    zoomed: false,
    helpFrom: null,
    prompt: null,
    filters: { sessions: '', log: '' },
    onlySelected: false,
    times: 'call',
    placed: [],
    selectedSession: null,
    selectedTurn: null,
    logUntil: null,
    verbose: false,
    transcriptBack: 0,
    status: null,
  };
}
