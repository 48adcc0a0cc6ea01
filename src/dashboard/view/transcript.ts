import { printable } from '../../events/sys-log.js';
import type { AgentEntry, CallerEntry, TranscriptEntry } from '../../call-view/transcript.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { selectedSession } from '../model/selection.js';
import type { PanelTitle } from './panel-title.js';
import { span, type Row } from './span.js';

/** Marks text that may still change or continue. */
const live = span(' ▍', { bold: true });

export interface TranscriptView {
  readonly title: PanelTitle;
  /** In order; enough to fill the panel at its scroll offset. */
  readonly entries: readonly TranscriptEntryView[];
  /** Why there is no text; null if there is. */
  readonly nothing: string | null;
}

export interface TranscriptEntryView {
  readonly side: 'caller' | 'agent';
  readonly label: 'caller' | 'agent' | 'typed';
  /** A paragraph. */
  readonly text: Row;
}

/** Who said what in the selected session. */
export function transcriptView(model: DashboardModel, height: number): TranscriptView {
  const session = selectedSession(model);
  if (!session)
    return {
      title: { about: [], aside: [] },
      entries: [],
      nothing: 'No session is selected.',
    };
  const back = model.ui.transcriptBack;
  return {
    title: {
      about: [
        span(session.id),
        ...(session.caller === '' ? [] : [span(` ${session.caller}`, { dim: true })]),
        ...(back > 0 ? [span(` −${back}`, { colour: 'yellow' })] : []),
      ],
      aside: [],
    },
    // Each entry takes at least one line.
    entries: session.transcript.slice(-(height + back)).map(entryView),
    nothing: session.transcript.length > 0 ? null : 'No words have been spoken yet.',
  };
}

function entryView(entry: TranscriptEntry): TranscriptEntryView {
  return entry.side === 'agent'
    ? { side: 'agent', label: 'agent', text: agentText(entry) }
    : { side: 'caller', label: entry.typed ? 'typed' : 'caller', text: callerText(entry) };
}

function callerText({ text, final }: CallerEntry): Row {
  return final ? [span(printable(text))] : [span(printable(text), { dim: true }), live];
}

function agentText({ progress, heard, unheard, tools }: AgentEntry): Row {
  const used = tools.length > 0 ? [span(`[${printable(tools.join(', '))}] `, { colour: 'magenta' })] : [];
  const text = span(printable(heard));
  // `printable` takes off the space between what was heard and what follows.
  const gap = heard !== '' && /^\s/.test(unheard) ? ' ' : '';
  const rest = span(gap + printable(unheard), { dim: true });
  switch (progress) {
    case 'preparing':
      return [...used, text, rest, live];
    case 'speaking':
      return [...used, text, rest, live];
    case 'paused':
      return [...used, text, span(' ‖ paused ', { colour: 'yellow' }), rest];
    case 'said':
      return [...used, text];
    case 'cut':
      return [...used, text, span(' ‖ cut ', { colour: 'yellow' }), rest];
  }
}
