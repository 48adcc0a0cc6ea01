import type { TransportType } from '../../transport/registry.js';
/** What a person has chosen to see. */
export const panels = ['sessions', 'log', 'latency', 'transcript'] as const;

export type Panel = (typeof panels)[number];

export type StatusTone = 'busy' | 'good' | 'bad';

/** A question, or a line that is being typed; it gets the keys until it is answered. */
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
  /** Which of the two shows where there is room for one. */
  readonly detail: 'latency' | 'transcript';
  /** Whether the focused panel has the whole screen. */
  readonly zoomed: boolean;
  /** The first line of the help that is shown; null while the help is closed. */
  readonly helpFrom: number | null;
  readonly prompt: Prompt | null;
  /** As typed. */
  readonly filters: Readonly<Record<FilteredPanel, string>>;
  /** Whether the log shows the selected session alone. */
  readonly onlySelected: boolean;
  /** Whether times are counted from the start of a call, or the time of day. */
  readonly times: 'call' | 'day';
  /** Calls that were placed here and have not begun yet: each is selected when it does. */
  readonly placed: readonly TransportType[];
  /** Null: the latest call. */
  readonly selectedSession: string | null;
  /** Null: the latest turn with a figure. */
  readonly selectedTurn: number | null;
  /** The number of the last line shown; null while the log follows. */
  readonly logUntil: number | null;
  /** Whether partials, tokens and raw speech edges are shown. */
  readonly verbose: boolean;
  /** Lines between the end of the transcript and the end of what is shown of it. */
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
