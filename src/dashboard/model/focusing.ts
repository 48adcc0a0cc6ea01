/** Focusing and zooming panels. */
import { layoutOf, panelOrder, shownPanels } from '../view/layout.js';
import { withUi, type DashboardModel } from './dashboard-model.js';
import type { FilteredPanel, Panel } from './dashboard-ui.js';

/** Escape: clears the filter, else ends the zoom, else clears the selection. */
export function steppedBack(model: DashboardModel): DashboardModel {
  const { filters, focus, zoomed } = model.ui;
  const panel = focus === 'sessions' ? 'sessions' : 'log';
  if (filters[panel] !== '') return withFilter(model, panel, '');
  if (filters.sessions !== '' || filters.log !== '')
    return withUi(model, { filters: { sessions: '', log: '' } });
  if (zoomed) return unzoomed(model);
  return withUi(model, { selectedSession: null, selectedTurn: null, transcriptBack: 0 });
}

/** Enter: zooms the focused panel, or ends the zoom. */
export function zoomToggled(model: DashboardModel): DashboardModel {
  return model.ui.zoomed ? unzoomed(model) : withUi(model, { zoomed: true });
}

function unzoomed(model: DashboardModel): DashboardModel {
  const next = withUi(model, { zoomed: false });
  return shownPanels(layoutOf(next)).includes(next.ui.focus) ? next : withUi(next, { focus: 'sessions' });
}

/** The model with the focus on the next or the previous panel. */
export function focusMoved(model: DashboardModel, by: 1 | -1): DashboardModel {
  const order = panelOrder(model);
  return focused(model, order.at((order.indexOf(model.ui.focus) + by) % order.length) ?? 'sessions');
}

/** The model with the focus on a panel, which is brought to the screen if it is hidden. */
export function focused(model: DashboardModel, panel: Panel): DashboardModel {
  const isDetail = panel === 'latency' || panel === 'transcript';
  const next = withUi(model, { focus: panel, ...(isDetail && { detail: panel }) });
  const shown = shownPanels(layoutOf(next)).includes(panel);
  return shown ? next : withUi(next, { zoomed: true });
}

/** The model with another filter. */
export function withFilter(model: DashboardModel, panel: FilteredPanel, text: string): DashboardModel {
  return withUi(model, { filters: { ...model.ui.filters, [panel]: text } });
}
