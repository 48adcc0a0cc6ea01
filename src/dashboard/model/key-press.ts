/** What a key does: a pure function `(model, key) → model`, and what it asks of the world outside. */
import { contentHeight, layoutOf, shownPanels } from '../view/layout.js';
import { transcriptHeight } from '../view/transcript-rows.js';
import { copyText } from './copy-text.js';
import { liveCount, type DashboardModel } from './dashboard-model.js';
import { panels, type DashboardUi, type FilteredPanel, type Panel } from './dashboard-ui.js';
import { logQuery, selectedSession, selectedTurn, visibleSessions } from './selection.js';
import { firstLines, lastLines } from './session-log.js';

/** A key by its name; every other key is the text that it types. */
export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page_up'
  | 'page_down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'back_tab'
  | 'backspace'
  | 'interrupt';

export type KeyPress = { readonly name: NamedKey } | { readonly typed: string };

/** What only the world outside can do. */
export type DashboardRequest =
  | { readonly type: 'place_call'; readonly transport: 'twilio' | 'webrtc' }
  | { readonly type: 'open_page' }
  | { readonly type: 'toggle_recording' }
  | { readonly type: 'end_session'; readonly sessionId: string }
  | { readonly type: 'copy'; readonly text: string; readonly what: string }
  /** `at_once`: by Ctrl-C, which asks no questions. */
  | { readonly type: 'quit'; readonly atOnce: boolean };

export interface KeyOutcome {
  readonly model: DashboardModel;
  readonly request: DashboardRequest | null;
}

/** The outcome of a key. Text of several characters is typed one by one, as it is when it was pasted. */
export function keyPressed(model: DashboardModel, key: KeyPress): KeyOutcome {
  if ('name' in key) return named(model, key.name);
  if (model.ui.prompt?.type === 'filter')
    return only(typedIntoFilter(model, model.ui.prompt.panel, key.typed));
  const characters = Array.from(key.typed);
  let outcome = only(model);
  for (const character of characters) {
    outcome = typed(outcome.model, character);
    if (outcome.request) return outcome;
  }
  return outcome;
}

function named(model: DashboardModel, name: NamedKey): KeyOutcome {
  const { prompt, help } = model.ui;
  if (name === 'interrupt') return { model, request: { type: 'quit', atOnce: true } };
  if (prompt?.type === 'filter') return only(editedFilter(model, prompt.panel, name));
  if (prompt) return answered(model, name === 'enter');
  if (help) return only(withUi(model, { help: false }));
  switch (name) {
    case 'up':
    case 'down':
      return only(moved(model, name === 'up' ? -1 : 1));
    case 'page_up':
    case 'page_down':
      return only(moved(model, (name === 'page_up' ? -1 : 1) * pageOf(model)));
    case 'left':
    case 'right':
      return only(otherTurn(model, name === 'left' ? -1 : 1));
    case 'home':
      return only(toFirst(model));
    case 'end':
      return only(toLast(model));
    case 'enter':
      return only(entered(model));
    case 'escape':
      return only(steppedBack(model));
    case 'tab':
    case 'back_tab':
      return only(focusMoved(model, name === 'tab' ? 1 : -1));
    case 'backspace':
      return only(model);
  }
}

function typed(model: DashboardModel, character: string): KeyOutcome {
  const { prompt, help, focus } = model.ui;
  if (prompt && prompt.type !== 'filter') {
    // The key that asked may answer as well: pressing it twice is quick, and nothing happens by one slip.
    const again = prompt.type === 'quit' ? 'q' : 'x';
    return answered(model, character === 'y' || character === 'Y' || character === again);
  }
  if (help && character !== 'q') return only(withUi(model, { help: false }));
  switch (character) {
    case '?':
      return only(withUi(model, { help: true }));
    case 'q':
      return liveCount(model) > 0
        ? only(withUi(model, { prompt: { type: 'quit' } }))
        : { model, request: { type: 'quit', atOnce: false } };
    case '/':
      return only(
        withUi(model, { prompt: { type: 'filter', panel: focus === 'sessions' ? 'sessions' : 'log' } }),
      );
    case 'k':
      return only(moved(model, -1));
    case 'j':
      return only(moved(model, 1));
    case 'h':
      return only(otherTurn(model, -1));
    case 'l':
      return only(otherTurn(model, 1));
    case 'g':
      return only(toFirst(model));
    case 'G':
      return only(toLast(model));
    case 'f':
      return only(
        withUi(model, { logUntil: null, transcriptBack: 0, selectedSession: null, selectedTurn: null }),
      );
    case 'p':
    case ' ':
      return only(withUi(model, { logUntil: model.ui.logUntil === null ? model.log.latest : null }));
    case 'v':
      return only(withUi(model, { verbose: !model.ui.verbose }));
    case 'c': {
      const copy = copyText(model);
      return copy ? { model, request: { type: 'copy', ...copy } } : only(model);
    }
    case 't':
      return { model, request: { type: 'place_call', transport: 'twilio' } };
    case 'w':
      return { model, request: { type: 'place_call', transport: 'webrtc' } };
    case 'o':
      return { model, request: { type: 'open_page' } };
    case 'r':
      return { model, request: { type: 'toggle_recording' } };
    case 'x': {
      const session = selectedSession(model);
      if (!session || session.end) return only(model);
      return only(withUi(model, { prompt: { type: 'end_session', sessionId: session.id } }));
    }
    case '1':
    case '2':
    case '3':
    case '4':
      return only(focused(model, panels[Number(character) - 1] ?? 'sessions'));
    default:
      return only(model);
  }
}

function answered(model: DashboardModel, yes: boolean): KeyOutcome {
  const { prompt } = model.ui;
  const after = withUi(model, { prompt: null });
  if (!yes || !prompt || prompt.type === 'filter') return only(after);
  return {
    model: after,
    request:
      prompt.type === 'quit'
        ? { type: 'quit', atOnce: false }
        : { type: 'end_session', sessionId: prompt.sessionId },
  };
}

function typedIntoFilter(model: DashboardModel, panel: FilteredPanel, text: string): DashboardModel {
  const clean = text.replace(/[\p{Cc}\p{Cs}]+/gu, '');
  return withFilter(model, panel, (model.ui.filters[panel] + clean).slice(0, 100));
}

function editedFilter(model: DashboardModel, panel: FilteredPanel, name: NamedKey): DashboardModel {
  switch (name) {
    case 'backspace':
      return withFilter(model, panel, Array.from(model.ui.filters[panel]).slice(0, -1).join(''));
    case 'escape':
      return withUi(withFilter(model, panel, ''), { prompt: null });
    case 'enter':
      return withUi(model, { prompt: null });
    default:
      return model;
  }
}

/** Escape takes back one thing at a time: the filter, the zoom, what was chosen. */
function steppedBack(model: DashboardModel): DashboardModel {
  const { filters, focus, zoomed } = model.ui;
  const panel = focus === 'sessions' ? 'sessions' : 'log';
  if (filters[panel] !== '') return withFilter(model, panel, '');
  if (filters.sessions !== '' || filters.log !== '')
    return withUi(model, { filters: { sessions: '', log: '' } });
  if (zoomed) return unzoomed(model);
  return withUi(model, { selectedSession: null, selectedTurn: null, transcriptBack: 0 });
}

/** Enter looks closer: from a session to what is said in it, from any other panel to that panel alone. */
function entered(model: DashboardModel): DashboardModel {
  const { zoomed, focus } = model.ui;
  if (zoomed) return unzoomed(model);
  return withUi(model, focus === 'sessions' ? { focus: 'transcript', zoomed: true } : { zoomed: true });
}

function unzoomed(model: DashboardModel): DashboardModel {
  const next = withUi(model, { zoomed: false });
  return shownPanels(layoutOf(next)).includes(next.ui.focus) ? next : withUi(next, { focus: 'sessions' });
}

function focusMoved(model: DashboardModel, by: 1 | -1): DashboardModel {
  const at = panels.indexOf(model.ui.focus);
  return focused(model, panels.at((at + by + panels.length) % panels.length) ?? 'sessions');
}

/** The focus on a panel, which is brought to the screen where there is room for only one of two. */
function focused(model: DashboardModel, panel: Panel): DashboardModel {
  const isDetail = panel === 'latency' || panel === 'transcript';
  const next = withUi(model, { focus: panel, ...(isDetail && { detail: panel }) });
  const shown = shownPanels(layoutOf(next)).includes(panel);
  return shown ? next : withUi(next, { zoomed: true });
}

function moved(model: DashboardModel, by: number): DashboardModel {
  switch (model.ui.focus) {
    case 'sessions':
      return sessionMoved(model, by);
    case 'log':
      return logMoved(model, by);
    case 'latency':
      return otherTurn(model, by);
    case 'transcript':
      return transcriptAt(model, model.ui.transcriptBack - by);
  }
}

function sessionMoved(model: DashboardModel, by: number): DashboardModel {
  const visible = visibleSessions(model);
  const selected = selectedSession(model);
  const at = visible.findIndex(({ id }) => id === selected?.id);
  const next = visible[Math.max(0, Math.min(visible.length - 1, at + by))];
  return next ? withSession(model, next.id) : model;
}

/** Scrolling back holds the log still; scrolling to its end lets it follow again. */
function logMoved(model: DashboardModel, by: number): DashboardModel {
  const query = logQuery(model);
  const everything = { ...query, until: null };
  if (by < 0) {
    const page = contentHeight(layoutOf(model), 'log') - 1;
    const lines = lastLines(model.log, query, page - by);
    const last = lines[lines.length - 1 + by];
    // At the first line there is nothing further up.
    return last && lines.length > page ? withUi(model, { logUntil: last.number }) : model;
  }
  if (query.until === null) return model;
  const later = lastLines(model.log, everything, model.log.latest).filter(
    ({ number }) => number > (query.until ?? 0),
  );
  const last = later[by - 1];
  return withUi(model, { logUntil: last && later.length > by ? last.number : null });
}

function transcriptAt(model: DashboardModel, back: number): DashboardModel {
  const layout = layoutOf(model);
  const height = contentHeight(layout, 'transcript');
  const column = layout?.columns.find(({ boxes }) => boxes.some(({ panel }) => panel === 'transcript'));
  const session = selectedSession(model);
  if (!column || !session) return model;
  const most = Math.max(0, transcriptHeight(session, column.width) - height);
  return withUi(model, { transcriptBack: Math.max(0, Math.min(most, back)) });
}

function otherTurn(model: DashboardModel, by: number): DashboardModel {
  const turns = selectedSession(model)?.turns ?? [];
  const at = turns.findIndex(({ turn }) => turn === selectedTurn(model)?.turn);
  const next = turns[Math.max(0, Math.min(turns.length - 1, at + by))];
  return next ? withUi(model, { selectedTurn: next.turn }) : model;
}

function toFirst(model: DashboardModel): DashboardModel {
  switch (model.ui.focus) {
    case 'sessions':
      return sessionMoved(model, -Infinity);
    case 'log': {
      const page = contentHeight(layoutOf(model), 'log') - 1;
      const lines = firstLines(model.log, { ...logQuery(model), until: null }, page + 1);
      // A log that fits has no beginning to go to.
      const last = lines.length > page ? lines[page - 1] : undefined;
      return last ? withUi(model, { logUntil: last.number }) : model;
    }
    case 'latency':
      return otherTurn(model, -Infinity);
    case 'transcript':
      return transcriptAt(model, Infinity);
  }
}

function toLast(model: DashboardModel): DashboardModel {
  switch (model.ui.focus) {
    case 'sessions':
      return sessionMoved(model, Infinity);
    case 'log':
      return withUi(model, { logUntil: null });
    case 'latency':
      return withUi(model, { selectedTurn: null });
    case 'transcript':
      return withUi(model, { transcriptBack: 0 });
  }
}

function pageOf(model: DashboardModel): number {
  return Math.max(1, contentHeight(layoutOf(model), model.ui.focus) - 2);
}

function withSession(model: DashboardModel, sessionId: string): DashboardModel {
  return withUi(model, { selectedSession: sessionId, selectedTurn: null, transcriptBack: 0 });
}

function withFilter(model: DashboardModel, panel: FilteredPanel, text: string): DashboardModel {
  return withUi(model, { filters: { ...model.ui.filters, [panel]: text } });
}

function withUi(model: DashboardModel, change: Partial<DashboardUi>): DashboardModel {
  return { ...model, ui: { ...model.ui, ...change } };
}

function only(model: DashboardModel): KeyOutcome {
  return { model, request: null };
}
