import { liveCount, type DashboardModel } from '../model/dashboard-model.js';
import type { DashboardUi } from '../model/dashboard-ui.js';
import { clippedRow, rowWidth, span, spreadRow, type Row } from './styled-text.js';

/** Keys and what they do, the most useful first: those that do not fit are left out. */
const hints: readonly (readonly [key: string, does: string])[] = [
  ['t', 'phone'],
  ['w', 'web'],
  ['o', 'page'],
  ['r', 'record'],
  ['x', 'end'],
  ['/', 'filter'],
  ['p', 'pause'],
  ['⇥', 'panel'],
  ['⏎', 'zoom'],
  ['v', 'verbose'],
  ['c', 'copy'],
];
const always: Row = [...hint('?', 'help'), span('  '), ...hint('q', 'quit')];

/** What is asked, what came of the last action, or the keys. */
export function footerRow(model: DashboardModel, width: number): Row {
  const question = promptRow(model);
  if (question) return clippedRow(question, width);
  const { status } = model.ui;
  if (status) return spreadRow(statusRow(status), always, width);
  return spreadRow(hintRow(width - rowWidth(always) - 2), always, width);
}

function promptRow(model: DashboardModel): Row | null {
  const { prompt, filters } = model.ui;
  switch (prompt?.type) {
    case undefined:
      return null;
    case 'filter':
      return [
        span(`filter ${prompt.panel}: `, { colour: 'yellow' }),
        span(filters[prompt.panel]),
        span('_', { bold: true }),
        span('   ⏎ keep  Esc clear', { dim: true }),
      ];
    case 'quit': {
      const calls = liveCount(model);
      const running = calls === 1 ? '1 call is running' : `${calls} calls are running`;
      return asked(`${running}. End and quit?`);
    }
    case 'end_session':
      return asked(`End session ${prompt.sessionId}?`);
  }
}

function asked(question: string): Row {
  return [span(question, { colour: 'yellow', bold: true }), span('  y yes, any other key no', { dim: true })];
}

function statusRow({ text, tone }: NonNullable<DashboardUi['status']>): Row {
  switch (tone) {
    case 'busy':
      return [span('… ', { colour: 'yellow' }), span(text)];
    case 'good':
      return [span('✓ ', { colour: 'green', bold: true }), span(text)];
    case 'bad':
      return [span('✗ ', { colour: 'red', bold: true }), span(text, { colour: 'red' })];
  }
}

function hintRow(width: number): Row {
  let row: Row = [];
  for (const [key, does] of hints) {
    const next = [...row, ...(row.length > 0 ? [span('  ')] : []), ...hint(key, does)];
    if (rowWidth(next) > width) break;
    row = next;
  }
  return row;
}

function hint(key: string, does: string): Row {
  return [span(key, { bold: true }), span(` ${does}`, { dim: true })];
}
