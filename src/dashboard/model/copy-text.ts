import { formatLogLine, printable } from '../../events/sys-log.js';
import { durationText } from '../../call-view/waterfall.js';
import type { DashboardModel } from './dashboard-model.js';
import { logQuery, selectedSession, selectedTurn } from './selection.js';
import { lastLines } from './session-log.js';

/** The longest text for the clipboard; terminals refuse much longer ones. */
const mostLines = 200;

/** The focused panel's text to copy and its description; null if there is nothing to copy. */
export function copyText(model: DashboardModel): { readonly text: string; readonly what: string } | null {
  if (model.ui.focus === 'log') {
    const lines = lastLines(model.log, logQuery(model), mostLines);
    return lines.length === 0
      ? null
      : { text: `${lines.map(formatLogLine).join('\n')}\n`, what: counted(lines.length, 'log line') };
  }
  const session = selectedSession(model);
  if (!session) return null;
  switch (model.ui.focus) {
    case 'sessions':
      return { text: printable(session.id), what: `session id ${printable(session.id)}` };
    case 'latency': {
      const bar = selectedTurn(model);
      if (!bar?.parts || bar.totalMs === null) return null;
      const parts = Object.entries(bar.parts).map(([part, ms]) => `${part} ${durationText(Number(ms))}`);
      const text = `mouth→ear ${durationText(bar.totalMs)} (${bar.note}) = ${parts.join(' + ')}\n`;
      return { text, what: `the latency of turn ${bar.turn}` };
    }
    case 'transcript': {
      const lines = session.transcript.map((entry) =>
        // The text may be pasted into a shell: no line breaks, no control characters.
        entry.side === 'caller' ? `caller: ${printable(entry.text)}` : `agent: ${printable(entry.heard)}`,
      );
      return lines.length === 0
        ? null
        : { text: `${lines.join('\n')}\n`, what: counted(lines.length, 'transcript line') };
    }
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
