import { slowTurnMs } from '../../events/sys-log.js';
import type { LatencyPart } from '../../metrics/turn-latency.js';
import { durationText, partOrder, timeAxis, type Segment, type TurnBar } from '../../call-view/waterfall.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { selectedSession, selectedTurn } from '../model/selection.js';
import { latencyColour } from './figures.js';
import type { PanelTitle } from './panel-title.js';
import { span, type Colour, type Row, type Span } from './span.js';

const labelWidth = 12;
const figureWidth = 9;
const originWidth = 10;
/** The lines of the total, the axis, all parts and a blank line; below them is a line for each turn, if a few fit. */
const turnsFrom = 11;
const fewestTurns = 3;
/** The width of the count of omitted turns. */
const moreWidth = 6;

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

export interface LatencyView {
  readonly title: PanelTitle;
  readonly rows: readonly Row[];
}

/** The latency of the selected turn: a waterfall of its parts, each measured or estimated. */
export function latencyView(model: DashboardModel, width: number, height: number): LatencyView {
  const session = selectedSession(model);
  const bar = selectedTurn(model);
  const about: Row = session ? [span(session.id), span(bar ? ` turn ${bar.turn}` : '', { dim: true })] : [];
  const title = { about, aside: [] };
  if (!session || !bar) return { title, rows: [[span('  No turn has ended yet.', { dim: true })]] };
  if (bar.totalMs === null)
    return {
      title,
      rows: [
        [span(`  No figure: ${bar.note}.`, { dim: true })],
        ...(height > 2 ? [[], turnsRow(session.turns, bar, width)] : []),
      ],
    };
  const total = totalRow(bar, bar.totalMs);
  const parts = partOrder.filter((part) => (bar.parts?.[part] ?? 0) >= 0.05);
  // If there is room, the total and the axis are above the parts and the turns below. If not, the smallest parts are left out.
  const framed = height >= 6;
  const room = Math.max(1, height - (framed ? 3 : 1));
  const kept = largest(parts, bar, room);
  const barWidth = Math.max(8, width - labelWidth - figureWidth - originWidth);
  const turnRoom = height - turnsFrom;
  const listed = turnRoom >= fewestTurns ? aroundChosen(session.turns, bar, turnRoom) : [];
  const axis = timeAxis(listed.length > 0 ? [bar, ...listed] : [bar]);
  const rows = kept.map((part) => partRow(part, bar, axis.endMs, barWidth));
  const left = parts.length - kept.length;
  if (!framed)
    return {
      title: { about, aside: left > 0 ? [span(`… +${left}`, { dim: true })] : [] },
      rows: [total, ...rows],
    };
  return {
    title,
    rows: [
      total,
      axisRow(axis, barWidth),
      ...rows,
      ...(listed.length > 0
        ? [
            ...Array.from({ length: partOrder.length - rows.length + 1 }, (): Row => []),
            ...listed.map((turn) => turnRow(turn, turn === bar, axis.endMs, barWidth)),
          ]
        : [turnsRow(session.turns, bar, width)]),
    ],
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
    // The last label, moved left to fit, must not touch its neighbour.
    if (cells.slice(Math.max(0, at - 1), at + label.length).some((cell) => cell !== ' ')) continue;
    for (const [index, character] of Array.from(label).entries()) cells[at + index] = character;
  }
  return [span(' '.repeat(labelWidth)), span(cells.join(''), { dim: true })];
}

/** One part on the time axis. */
function partRow(part: LatencyPart, bar: TurnBar, endMs: number, width: number): Row {
  const ms = bar.parts?.[part] ?? 0;
  const origin = part === 'playout' ? (bar.note.split(',')[0] ?? '') : 'measured';
  return [
    span(part.padEnd(labelWidth)),
    ...stretches(
      bar.segments.filter((each) => each.part === part),
      endMs,
      width,
    ),
    span(durationText(ms).padStart(figureWidth), ms >= slowTurnMs ? { colour: 'red', bold: true } : {}),
    span(` ${origin}`, origin === 'estimated' ? { colour: 'yellow' } : { dim: true }),
  ];
}

/** One turn: all its parts on the time axis. */
function turnRow(bar: TurnBar, chosen: boolean, endMs: number, width: number): Row {
  const label = `turn ${bar.turn}`.padEnd(labelWidth - 1);
  return [
    span(label, chosen ? { inverse: true } : { dim: true }),
    span(' '),
    ...stretches(bar.segments, endMs, width),
    bar.totalMs === null
      ? span('–'.padStart(figureWidth), { dim: true })
      : span(durationText(bar.totalMs).padStart(figureWidth), { colour: latencyColour(bar.totalMs) }),
    span(` ${bar.totalMs === null ? '' : (bar.note.split(',')[0] ?? '')}`, { dim: true }),
  ];
}

/** Segments as cells of the time axis, in the colours of their parts, but red from one second after the mouth closed. */
function stretches(segments: readonly Segment[], endMs: number, width: number): Row {
  const cells: Span[] = Array.from({ length: width }, (_, cell) =>
    isSlowCell(cell, endMs, width) ? span('┊', { dim: true }) : span(' '),
  );
  for (const { part, startMs, durationMs } of segments) {
    const from = Math.min(width - 1, Math.round((startMs / endMs) * width));
    const to = Math.min(width, Math.round(((startMs + durationMs) / endMs) * width));
    // Draws a part much shorter than a cell as a thin bar.
    const thin = (durationMs / endMs) * width < 0.6;
    for (let cell = from; cell < Math.max(from + 1, thin ? 0 : to); cell++) {
      const late = (cell / width) * endMs >= slowTurnMs;
      cells[cell] = span(thin ? '▏' : '█', { colour: late ? 'red' : partColours[part] });
    }
  }
  return merged(cells);
}

function isSlowCell(cell: number, endMs: number, width: number): boolean {
  return cell === Math.floor((slowTurnMs / endMs) * width);
}

/** The turns in one line, the latest at the right, with the chosen one highlighted. */
function turnsRow(turns: readonly TurnBar[], chosen: TurnBar, width: number): Row {
  const label = span('turns'.padEnd(labelWidth), { dim: true });
  const entries = turns.map(({ turn, totalMs }) => {
    const style = totalMs === null ? { dim: true } : { colour: latencyColour(totalMs) };
    return span(` ${turn}:${totalMs === null ? '–' : totalMs.toFixed(0)} `, {
      ...style,
      inverse: turn === chosen.turn,
    });
  });
  const at = turns.findIndex(({ turn }) => turn === chosen.turn);
  let room = width - labelWidth - moreWidth;
  let first = at;
  let last = at;
  // As many turns as fit: the chosen one, then earlier ones, then later ones.
  for (const index of [...range(at, -1), ...range(at + 1, entries.length)]) {
    room -= entries[index]?.text.length ?? 0;
    if (room < 0) break;
    first = Math.min(first, index);
    last = Math.max(last, index);
  }
  const left = entries.length - (last - first + 1);
  return [
    label,
    ...entries.slice(first, last + 1),
    ...(left > 0 ? [span(` … +${left}`, { dim: true })] : []),
  ];
}

/** At most `count` consecutive turns: the latest ones, or if the chosen one is not among them, those from it on. */
function aroundChosen(turns: readonly TurnBar[], chosen: TurnBar, count: number): readonly TurnBar[] {
  const first = Math.max(0, Math.min(turns.length - count, turns.indexOf(chosen)));
  return turns.slice(first, first + count);
}

function range(from: number, to: number): number[] {
  const step = from < to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) }, (_, index) => from + index * step);
}

/** The `count` longest parts, in the order of time. */
function largest(parts: readonly LatencyPart[], bar: TurnBar, count: number): readonly LatencyPart[] {
  const bySize = [...parts].sort((a, b) => (bar.parts?.[b] ?? 0) - (bar.parts?.[a] ?? 0));
  const kept = new Set(bySize.slice(0, count));
  return parts.filter((part) => kept.has(part));
}

/** Joins neighbouring cells of the same style into one span. */
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
