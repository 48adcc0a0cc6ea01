/** What a key does: a pure function `(model, key) → (model, request)`. */
import type { TransportType } from '../../transport/registry.js';
import { helpHeight } from '../view/help.js';
import { layoutOf, panelOrder } from '../view/layout.js';
import { copyText } from './copy-text.js';
import { liveCount, withStatus, withUi, type DashboardModel } from './dashboard-model.js';
import type { FilteredPanel } from './dashboard-ui.js';
import { focused, focusMoved, steppedBack, withFilter, zoomToggled } from './focusing.js';
import { moved, otherTurn, pageOf, toFirst, toLast } from './moving.js';
import { selectedSession } from './selection.js';

/** A key by its name; all other keys are the text that they type. */
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

/** An action outside the model. */
export type DashboardRequest =
  | { readonly type: 'place_call'; readonly transport: TransportType }
  | { readonly type: 'open_page' }
  | { readonly type: 'toggle_recording' }
  | { readonly type: 'end_session'; readonly sessionId: string }
  | { readonly type: 'copy'; readonly text: string; readonly what: string }
  /** `atOnce`: by Ctrl-C, which quits without a question. */
  | { readonly type: 'quit'; readonly atOnce: boolean };

export interface KeyOutcome {
  readonly model: DashboardModel;
  readonly request: DashboardRequest | null;
}

/** The outcome of a key. Pasted text acts as if its characters were typed one by one. */
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
  const { prompt, helpFrom } = model.ui;
  if (name === 'interrupt') return { model, request: { type: 'quit', atOnce: true } };
  if (prompt?.type === 'filter') return only(editedFilter(model, prompt.panel, name));
  if (prompt) return answered(model, false);
  if (helpFrom !== null) return only(inHelp(model, helpFrom, name));
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
      return only(zoomToggled(model));
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
  const { prompt, helpFrom, focus, times } = model.ui;
  // Only y confirms: a key held too long must not answer its own question.
  if (prompt && prompt.type !== 'filter') return answered(model, character === 'y' || character === 'Y');
  if (helpFrom !== null && character !== 'q')
    return only(
      character === 'j' || character === 'k'
        ? inHelp(model, helpFrom, character === 'j' ? 'down' : 'up')
        : withUi(model, { helpFrom: null }),
    );
  switch (character) {
    case '?':
      return only(withUi(model, { helpFrom: 0 }));
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
    case 's':
      return only(withUi(model, { onlySelected: !model.ui.onlySelected, logUntil: null }));
    case 'd':
      return only(withUi(model, { times: times === 'call' ? 'day' : 'call' }));
    case 't':
      return placed(model, 'twilio');
    case 'w':
      return placed(model, 'webrtc');
    case 'o':
      return { model, request: { type: 'open_page' } };
    case 'r':
      return { model, request: { type: 'toggle_recording' } };
    case 'x': {
      const session = selectedSession(model);
      if (!session) return only(withStatus(model, 'There is no call to end.', 'bad'));
      if (session.end) return only(withStatus(model, `Call ${session.id} has ended already.`, 'bad'));
      return only(withUi(model, { prompt: { type: 'end_session', sessionId: session.id } }));
    }
    case '1':
    case '2':
    case '3':
    case '4':
      return only(focused(model, panelOrder(model)[Number(character) - 1] ?? 'sessions'));
    default:
      return only(model);
  }
}

function placed(model: DashboardModel, transport: TransportType): KeyOutcome {
  return {
    model: withUi(model, { placed: [...model.ui.placed, transport] }),
    request: { type: 'place_call', transport },
  };
}

/** Scrolls the help if it does not fit; any other key closes it. */
function inHelp(model: DashboardModel, from: number, name: NamedKey): DashboardModel {
  const room = (layoutOf(model)?.bodyHeight ?? 1) - 1;
  const steps: Partial<Record<NamedKey, number>> = { up: -1, down: 1, page_up: -room, page_down: room };
  const by = steps[name];
  const last = Math.max(0, helpHeight - room);
  if (by === undefined || last === 0) return withUi(model, { helpFrom: null });
  return withUi(model, { helpFrom: Math.max(0, Math.min(last, from + by)) });
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

function only(model: DashboardModel): KeyOutcome {
  return { model, request: null };
}
