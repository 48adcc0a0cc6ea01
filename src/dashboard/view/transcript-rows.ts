import { printable } from '../../events/sys-log.js';
import type { AgentEntry, CallerEntry, TranscriptEntry } from '../../web/model/transcript.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { selectedSession } from '../model/selection.js';
import type { SessionView } from '../model/session-view.js';
import type { PanelView } from './panel-rows.js';
import { span, type Row } from './styled-text.js';
import { fitted } from './text-width.js';
import { wrappedRows } from './wrapped-text.js';

const labelWidth = 8;
/** Marks text that may still change or go on. */
const live = span(' ▍', { bold: true });

/** Who said what in the selected session, the latest at the bottom. */
export function transcriptView(model: DashboardModel, width: number, height: number): PanelView {
  const session = selectedSession(model);
  const base = { name: 'TRANSCRIPT', aside: [] };
  if (!session)
    return { ...base, about: [], rows: [[span('  Choose a session to read along.', { dim: true })]] };
  const rows = latestRows(session, width, height + model.ui.transcriptBack);
  const shown = rows.slice(0, Math.max(0, rows.length - model.ui.transcriptBack)).slice(-height);
  return {
    ...base,
    about: [
      span(session.id),
      ...(session.caller === '' ? [] : [span(` ${session.caller}`, { dim: true })]),
      ...(model.ui.transcriptBack > 0 ? [span(` −${model.ui.transcriptBack}`, { colour: 'yellow' })] : []),
    ],
    rows: shown.length > 0 ? shown : [[span('  Nobody has spoken yet.', { dim: true })]],
  };
}

/** How many lines the whole transcript takes at this width. */
export function transcriptHeight(session: SessionView, width: number): number {
  return latestRows(session, width, Infinity).length;
}

/** The last lines of the transcript, at least `count` where there are as many. */
function latestRows(session: SessionView, width: number, count: number): Row[] {
  const blocks: Row[][] = [];
  let lines = 0;
  for (const entry of session.transcript.toReversed()) {
    if (lines >= count) break;
    const block = entryRows(entry, width);
    lines += block.length;
    blocks.push(block);
  }
  return blocks.reverse().flat();
}

function entryRows(entry: TranscriptEntry, width: number): Row[] {
  const label = entry.side === 'agent' ? 'agent' : entry.typed ? 'typed' : 'caller';
  const style = { colour: entry.side === 'agent' ? ('green' as const) : ('cyan' as const), bold: true };
  const text = entry.side === 'agent' ? agentText(entry) : callerText(entry);
  return wrappedRows(text, Math.max(1, width - labelWidth)).map((row, index) => [
    span(fitted(index === 0 ? label : '', labelWidth), style),
    ...row,
  ]);
}

function callerText({ text, final }: CallerEntry): Row {
  return final ? [span(printable(text))] : [span(printable(text), { dim: true }), live];
}

function agentText({ progress, heard, unheard, tools }: AgentEntry): Row {
  const used = tools.length > 0 ? [span(`[${printable(tools.join(', '))}] `, { colour: 'magenta' })] : [];
  const text = printable(heard);
  switch (progress) {
    case 'preparing':
      return [...used, span(text, { dim: true }), live];
    case 'speaking':
      return [...used, span(text), live];
    case 'paused':
      return [...used, span(text), span(' ‖ paused', { colour: 'yellow' })];
    case 'said':
      return [...used, span(text)];
    case 'cut':
      return [
        ...used,
        span(text),
        span(' ‖ cut ', { colour: 'yellow' }),
        span(printable(unheard), { dim: true }),
      ];
  }
}
