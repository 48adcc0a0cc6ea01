/** Which panels fit the screen, and their sizes. */
import { listedSessions, type DashboardModel } from '../model/dashboard-model.js';
import type { Panel } from '../model/dashboard-ui.js';

export interface PanelBox {
  readonly panel: Panel;
  /** Including the title. */
  readonly height: number;
}

export interface LayoutColumn {
  readonly width: number;
  /** From top to bottom. */
  readonly boxes: readonly PanelBox[];
}

export interface Layout {
  /** From left to right. */
  readonly columns: readonly LayoutColumn[];
  /** Rows between header and footer. */
  readonly bodyHeight: number;
}

/** The smallest terminal that the dashboard can use. */
export const smallestSize = { columns: 60, rows: 15 } as const;
/** From this width on, panels stand side by side. */
const twoColumnsFrom = 130;
export const headerHeight = 2;
export const columnGap = 2;
/** The title of the sessions panel and the head of its list. */
const sessionsChrome = 2;

export const footerHeight = 2;

/** The panels in screen order, which numbers them; it does not depend on the height. */
const sideBySideOrder: readonly Panel[] = ['sessions', 'log', 'latency', 'transcript'];
const stackedOrder: readonly Panel[] = ['sessions', 'latency', 'transcript', 'log'];

/** The layout for the model's terminal; null if that is too small. */
export function layoutOf(model: DashboardModel): Layout | null {
  const { columns: width, rows, zoomed, focus } = model.ui;
  if (width < smallestSize.columns || rows < smallestSize.rows) return null;
  const bodyHeight = rows - headerHeight - footerHeight;
  if (zoomed) return { bodyHeight, columns: [{ width, boxes: [{ panel: focus, height: bodyHeight }] }] };
  const listed = model.sessions.size === 0 ? 1 : listedSessions(model).length;
  return width >= twoColumnsFrom
    ? { bodyHeight, columns: sideBySide(width, bodyHeight, listed) }
    : { bodyHeight, columns: [{ width, boxes: stacked(bodyHeight, listed, model.ui.detail) }] };
}

/** The height of a panel's content; 0 if the panel is not on the screen. */
export function contentHeight(layout: Layout | null, panel: Panel): number {
  const box = layout?.columns.flatMap(({ boxes }) => boxes).find((each) => each.panel === panel);
  return box ? box.height - 1 : 0;
}

/** The panels on the screen, in screen order. */
export function shownPanels(layout: Layout | null): readonly Panel[] {
  return layout ? layout.columns.flatMap(({ boxes }) => boxes.map(({ panel }) => panel)) : [];
}

/** All panels in screen order, hidden ones included. */
export function panelOrder({ ui }: DashboardModel): readonly Panel[] {
  return ui.columns >= twoColumnsFrom ? sideBySideOrder : stackedOrder;
}

/** The digit that focuses a panel. */
export function panelNumber(model: DashboardModel, panel: Panel): number {
  return panelOrder(model).indexOf(panel) + 1;
}

/** The panels that do not fit the screen. Panels hidden only by the zoom do not count. */
export function hiddenPanels(model: DashboardModel): readonly Panel[] {
  const shown = shownPanels(layoutOf({ ...model, ui: { ...model.ui, zoomed: false } }));
  return shown.length === 0 ? [] : panelOrder(model).filter((panel) => !shown.includes(panel));
}

function sideBySide(width: number, height: number, listed: number): LayoutColumn[] {
  const left = Math.floor(width * 0.58);
  const sessions = clamp(sessionsChrome + listed + 1, 7, Math.floor(height * 0.5));
  // The latency panel holds the total, the axis, eight parts, and a line for each turn.
  const latency = Math.floor(height * 0.45);
  return [
    {
      width: left,
      boxes: [
        { panel: 'sessions', height: sessions },
        { panel: 'log', height: height - sessions },
      ],
    },
    {
      width: width - left - columnGap,
      boxes: [
        { panel: 'latency', height: latency },
        { panel: 'transcript', height: height - latency },
      ],
    },
  ];
}

function stacked(height: number, listed: number, detail: 'latency' | 'transcript'): PanelBox[] {
  const sessions = clamp(sessionsChrome + listed, 4, Math.max(4, Math.floor(height * 0.35)));
  const rest = height - sessions;
  if (rest < 11) return [box('sessions', sessions), box('log', rest)];
  if (rest < 30) {
    const detailHeight = Math.floor(rest * 0.45);
    return [box('sessions', sessions), box(detail, detailHeight), box('log', rest - detailHeight)];
  }
  const latency = 12;
  const transcript = Math.floor((rest - latency) * 0.45);
  return [
    box('sessions', sessions),
    box('latency', latency),
    box('transcript', transcript),
    box('log', rest - latency - transcript),
  ];
}

function box(panel: Panel, height: number): PanelBox {
  return { panel, height };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
