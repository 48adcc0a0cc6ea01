import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { callStart } from '../../../test/harness/sample-calls.js';
import { initialModel, modelAfter, type DashboardModel } from '../model/dashboard-model.js';
import type { RelayFacts } from '../model/relay-facts.js';
import {
  columnGap,
  contentHeight,
  footerHeight,
  headerHeight,
  hiddenPanels,
  layoutOf,
  shownPanels,
  smallestSize,
} from './layout.js';

const relay: RelayFacts = {
  version: '0.1.0',
  state: 'ready',
  localUrl: 'http://127.0.0.1:8787',
  publicUrl: null,
  phoneNumber: null,
  providers: null,
  recording: null,
};

function modelOf(columns: number, rows: number, sessions = 0): DashboardModel {
  let model = initialModel(relay, { columns, rows });
  for (let i = 0; i < sessions; i++)
    model = modelAfter(model, { type: 'event', event: callStart(`0000000${i}`) });
  return model;
}

describe('the layout', () => {
  it('stacks three panels on a terminal of 80×24', () => {
    const layout = layoutOf(modelOf(80, 24));
    expect(shownPanels(layout)).toEqual(['sessions', 'transcript', 'log']);
    expect(contentHeight(layout, 'log')).toBeGreaterThanOrEqual(6);
  });

  it('shows all panels in two columns on a wide terminal', () => {
    expect(shownPanels(layoutOf(modelOf(160, 50)))).toEqual(['sessions', 'log', 'latency', 'transcript']);
  });

  it('stacks all panels on a narrow, tall terminal', () => {
    expect(shownPanels(layoutOf(modelOf(90, 60)))).toEqual(['sessions', 'latency', 'transcript', 'log']);
  });

  it('drops the details on a low terminal', () => {
    expect(shownPanels(layoutOf(modelOf(80, 17)))).toEqual(['sessions', 'log']);
  });

  it('gives a zoomed panel the whole screen', () => {
    const model = modelOf(80, 24);
    const zoomed = { ...model, ui: { ...model.ui, focus: 'log' as const, zoomed: true } };
    expect(shownPanels(layoutOf(zoomed))).toEqual(['log']);
  });

  it('names the panels that do not fit', () => {
    expect(hiddenPanels(modelOf(80, 24))).toEqual(['latency']);
    expect(hiddenPanels(modelOf(80, 17))).toEqual(['latency', 'transcript']);
    expect(hiddenPanels(modelOf(160, 50))).toEqual([]);
  });

  it('is null if the terminal is too small', () => {
    expect(layoutOf(modelOf(smallestSize.columns - 1, 24))).toBeNull();
    expect(layoutOf(modelOf(80, smallestSize.rows - 1))).toBeNull();
  });

  it('fills every terminal exactly, without an empty panel', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: smallestSize.columns, max: 300 }),
        fc.integer({ min: smallestSize.rows, max: 100 }),
        fc.integer({ min: 0, max: 9 }),
        (columns, rows, sessions) => {
          const layout = layoutOf(modelOf(columns, rows, sessions))!;
          const widths = layout.columns.map(({ width }) => width);
          expect(widths.reduce((sum, width) => sum + width, (widths.length - 1) * columnGap)).toBe(columns);
          expect(layout.bodyHeight + headerHeight + footerHeight).toBe(rows);
          for (const { boxes } of layout.columns) {
            expect(boxes.reduce((sum, { height }) => sum + height, 0)).toBe(layout.bodyHeight);
            for (const { height } of boxes) expect(height).toBeGreaterThanOrEqual(3);
          }
        },
      ),
    );
  });
});
