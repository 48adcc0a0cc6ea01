/** The two lines at the bottom: a question, a status or the panel's keys; and below, the keys that work everywhere. */
import stringWidth from 'string-width';
import { liveCount, type DashboardModel } from '../model/dashboard-model.js';
import type { DashboardUi, Panel } from '../model/dashboard-ui.js';
import { hiddenPanels, panelNumber } from './layout.js';
import { panelNames } from './panel-title.js';
import { plainText, span, type Row } from './span.js';

type Hint = readonly [key: string, does: string];

/** Keys that work everywhere, the most useful first. */
const everywhere: readonly Hint[] = [
  ['t', 'phone'],
  ['w', 'web'],
  ['o', 'page'],
  ['r', 'record'],
  ['⏎', 'zoom'],
  ['1–4', 'panel'],
  ['s', 'one session'],
  ['d', 'time of day'],
  ['/', 'filter'],
  ['f', 'follow'],
  ['v', 'verbose'],
  ['p', 'hold log'],
  ['x', 'end call'],
  ['c', 'copy'],
];
const always: Row = [...hint(['?', 'help']), span('  '), ...hint(['q', 'quit'])];

/** The keys of each panel. */
const ofPanel: Readonly<Record<Panel, readonly Hint[]>> = {
  sessions: [
    ['↑↓', 'choose'],
    ['x', 'end call'],
    ['/', 'filter'],
    ['c', 'copy id'],
  ],
  log: [
    ['↑↓', 'scroll'],
    ['p', 'hold'],
    ['s', 'one session'],
    ['/', 'filter'],
  ],
  latency: [
    ['←→', 'turn'],
    ['c', 'copy'],
  ],
  transcript: [
    ['↑↓', 'scroll'],
    ['G', 'latest'],
    ['c', 'copy'],
  ],
};
const gap = 2;

/** The keys that fit `width` columns and the number of hidden ones, and the keys that are always shown. */
export function keyBar(width: number): { readonly keys: Row; readonly always: Row } {
  const withMore = (count: number): Row => {
    const keys = everywhere.slice(0, count).flatMap((each) => [...hint(each), span(' '.repeat(gap))]);
    const left = everywhere.length - count;
    return left === 0 ? keys : [...keys, span(`… +${left}`, { dim: true })];
  };
  let count = everywhere.length;
  while (count > 0 && widthOf(withMore(count)) + gap + widthOf(always) > width) count--;
  return { keys: withMore(count), always };
}

/** The open question, else the status, else the focused panel's keys. `aside` names the hidden panels. */
export function noticeLine(model: DashboardModel): { readonly notice: Row; readonly aside: Row } {
  const { status, focus, zoomed, helpFrom } = model.ui;
  const notice =
    promptRow(model) ??
    (status ? statusRow(status) : null) ??
    (helpFrom === null ? ofPanel[focus].flatMap((each) => [...hint(each), span(' '.repeat(gap))]) : []);
  if (helpFrom !== null) return { notice, aside: [] };
  if (zoomed) return { notice, aside: hint(['Esc', 'all panels']) };
  const hidden = hiddenPanels(model);
  if (hidden.length === 0) return { notice, aside: [] };
  const names = hidden.map((panel) => `${panelNumber(model, panel)} ${panelNames[panel]}`);
  return { notice, aside: [span(`… +${hidden.length}: ${names.join(', ')}`, { dim: true })] };
}

/** The open question, or the line being typed. */
export function promptRow(model: DashboardModel): Row | null {
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

function hint([key, does]: Hint): Row {
  return [span(key, { bold: true }), span(` ${does}`, { dim: true })];
}

function widthOf(row: Row): number {
  return stringWidth(plainText(row));
}
