import { slowTurnMs } from '../../events/sys-log.js';
import type { LatencyPart } from '../../metrics/turn-latency.js';
import { durationText, partOrder, timeAxis, type TurnBar } from '../../web/model/waterfall.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { selectedSession, selectedTurn } from '../model/selection.js';
import { latencyColour } from './figures.js';
import type { PanelView } from './panel-rows.js';
import { rowWidth, span, type Colour, type Row, type Span } from './styled-text.js';
import { fitted } from './text-width.js';

const labelWidth = 12;
const figureWidth = 9;
const originWidth = 10;

const partColours: Readonly<Record<LatencyPart, Colour>> = {
  endpointing: 'magenta',
  stt: 'cyan',
  llm: 'yellow',
  tools: 'yellow',
  sentence: 'blue',
  tts: 'green',
  relay: 'blue',
  playout: 'cyan',
};

/** Where the time of the selected turn went: a waterfall of its parts, each with its origin. */
export function latencyView(model: DashboardModel, width: number, height: number): PanelView {
  const session = selectedSession(model);
  const bar = selectedTurn(model);
  const about: Row = session ? [span(session.id), span(bar ? ` turn ${bar.turn}` : '', { dim: true })] : [];
  const base = { name: 'LATENCY', about, aside: [] };
  if (!session || !bar) return { ...base, rows: [[span('  No turn has ended yet.', { dim: true })]] };
  const turns = turnsRow(session.turns, bar, width);
  if (bar.totalMs === null)
    return {
      ...base,
      rows: [[span(`  No figure: ${bar.note}.`, { dim: true })], ...(height > 2 ? [[], turns] : [])],
    };
  const total = totalRow(bar, bar.totalMs);
  const parts = partOrder.filter((part) => (bar.parts?.[part] ?? 0) >= 0.05);
  // Total, axis and turns frame the waterfall where there is room; the smallest parts go first where there is not.
  const framed = height >= 6;
  const room = Math.max(1, height - (framed ? 3 : 1));
  const kept = largest(parts, bar, room);
  const axis = timeAxis([bar]);
  const barWidth = Math.max(8, width - labelWidth - figureWidth - originWidth);
  const rows = kept.map((part) => partRow(part, bar, axis.endMs, barWidth));
  return {
    ...base,
    rows: framed ? [total, axisRow(axis, barWidth), ...rows, turns] : [total, ...rows],
  };
}

function totalRow(bar: TurnBar, totalMs: number): Row {
  return [
    span('mouth→ear', { bold: true }),
    span('   '),
    span(durationText(totalMs), { bold: true, colour: latencyColour(totalMs) }),
    span(`  ${bar.note}`, bar.note.startsWith('estimated') ? { colour: 'yellow' } : { dim: true }),
    ...(bar.slow ? [span('  slow', { colour: 'red', bold: true })] : []),
  ];
}

function axisRow(axis: ReturnType<typeof timeAxis>, width: number): Row {
  const cells = Array.from({ length: width }, () => ' ');
  for (const tickMs of axis.ticksMs) {
    const label = tickMs === 0 ? '0' : durationText(tickMs).replace(' ms', '');
    const at = Math.min(width - label.length, Math.round((tickMs / axis.endMs) * width));
    // The last label may have been moved to the left, but not into its neighbour.
    if (cells.slice(Math.max(0, at - 1), at + label.length).some((cell) => cell !== ' ')) continue;
    for (const [index, character] of Array.from(label).entries()) cells[at + index] = character;
  }
  return [span(' '.repeat(labelWidth)), span(cells.join(''), { dim: true })];
}

/** One part: its stretches on the time axis, red from one second after the mouth closed. */
function partRow(part: LatencyPart, bar: TurnBar, endMs: number, width: number): Row {
  const cells: Span[] = Array.from({ length: width }, (_, cell) =>
    isSlowCell(cell, endMs, width) ? span('┊', { dim: true }) : span(' '),
  );
  for (const { part: each, startMs, durationMs } of bar.segments) {
    if (each !== part) continue;
    const from = Math.min(width - 1, Math.round((startMs / endMs) * width));
    const to = Math.min(width, Math.round(((startMs + durationMs) / endMs) * width));
    // What takes much less than a cell is drawn thin.
    const thin = (durationMs / endMs) * width < 0.6;
    for (let cell = from; cell < Math.max(from + 1, thin ? 0 : to); cell++) {
      const late = (cell / width) * endMs >= slowTurnMs;
      cells[cell] = span(thin ? '▏' : '█', { colour: late ? 'red' : partColours[part] });
    }
  }
  const ms = bar.parts?.[part] ?? 0;
  const origin = part === 'playout' ? (bar.note.split(',')[0] ?? '') : 'measured';
  return [
    span(fitted(part, labelWidth)),
    ...merged(cells),
    span(
      fitted(durationText(ms), figureWidth, 'right'),
      ms >= slowTurnMs ? { colour: 'red', bold: true } : {},
    ),
    span(fitted(` ${origin}`, originWidth), origin === 'estimated' ? { colour: 'yellow' } : { dim: true }),
  ];
}

function isSlowCell(cell: number, endMs: number, width: number): boolean {
  return cell === Math.floor((slowTurnMs / endMs) * width);
}

/** The turns to choose from, the latest at the right; the chosen one stands out. */
function turnsRow(turns: readonly TurnBar[], chosen: TurnBar, width: number): Row {
  const label = span(fitted('turns', labelWidth), { dim: true });
  const entries = turns.map((turn): Row => {
    const figure = turn.totalMs === null ? '–' : turn.totalMs.toFixed(0);
    const style = turn.totalMs === null ? { dim: true } : { colour: latencyColour(turn.totalMs) };
    return [span(` ${turn.turn}:${figure} `, { ...style, inverse: turn.turn === chosen.turn })];
  });
  const at = turns.findIndex(({ turn }) => turn === chosen.turn);
  let room = width - labelWidth;
  const shown: Row[] = [];
  // As many as fit: the chosen one, then its elders, then its followers.
  for (const index of [...range(at, -1), ...range(at + 1, entries.length)]) {
    const entry = entries[index] ?? [];
    if (rowWidth(entry) > room) break;
    room -= rowWidth(entry);
    if (index <= at) shown.unshift(entry);
    else shown.push(entry);
  }
  return [label, ...shown.flat()];
}

function range(from: number, to: number): number[] {
  const step = from < to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) }, (_, index) => from + index * step);
}

/** The `count` parts that took longest, in the order of time. */
function largest(parts: readonly LatencyPart[], bar: TurnBar, count: number): readonly LatencyPart[] {
  const bySize = [...parts].sort((a, b) => (bar.parts?.[b] ?? 0) - (bar.parts?.[a] ?? 0));
  const kept = new Set(bySize.slice(0, count));
  return parts.filter((part) => kept.has(part));
}

/** Neighbouring cells of one style as one span. */
function merged(cells: readonly Span[]): Row {
  const row: Span[] = [];
  for (const cell of cells) {
    const last = row.at(-1);
    if (last && last.colour === cell.colour && last.dim === cell.dim)
      row[row.length - 1] = { ...last, text: last.text + cell.text };
    else row.push(cell);
  }
  return row;
}
