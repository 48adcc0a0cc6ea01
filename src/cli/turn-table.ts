/** The table at the end of a replay: every turn with what was said, what was answered, and where the time went. */
import type { SessionEvent } from '../events/session-event.js';
import { printable } from '../events/sys-log.js';
import type { LatencyPart, TurnLatency } from '../metrics/turn-latency.js';
import { clip, widest } from './table-text.js';

const parts: readonly LatencyPart[] = [
  'endpointing',
  'stt',
  'llm',
  'sentence',
  'tts',
  'tools',
  'relay',
  'playout',
];
const gap = '  ';
const longestText = 48;
/** Narrower than this, a transcript cannot be recognised in its column. */
const shortestText = 20;

interface Row {
  readonly turn: string;
  readonly caller: string;
  readonly answer: string;
  /** In the order of `parts`; none where the turn has no figure. */
  readonly parts: readonly string[];
  readonly total: string;
}

const header: Row = {
  turn: 'turn',
  caller: 'caller',
  answer: 'heard of the answer',
  parts,
  total: 'mouth→ear',
};

/**
 * The table as lines that fit into `columns`; none where no turn ended. Where a terminal is too narrow for a column for
 * each part of the latency, the parts stand below their turn, without those that took no time.
 */
export function turnTable(events: readonly SessionEvent[], columns = Infinity): string[] {
  const rows = rowsOf(events);
  if (rows.length === 0) return [];
  const all = [header, ...rows];
  const partWidths = parts.map((_, index) => widest(all.map((row) => row.parts[index] ?? '')));
  const narrow = widest(all.map(({ turn }) => turn)) + widest(all.map(({ total }) => total)) + 3 * gap.length;
  const wide = narrow + partWidths.reduce((sum, width) => sum + gap.length + width, 0);
  if (wide + 2 * shortestText <= columns) return table(rows, columns - wide, partWidths);
  const below = (row: Row): string[] => sumLines(row.parts, columns);
  return table(rows, columns - narrow, [], below);
}

function rowsOf(events: readonly SessionEvent[]): Row[] {
  const transcripts = new Map(
    events.flatMap((event) => (event.type === 'transcript.final' ? [[event.turn, event.text] as const] : [])),
  );
  return events.flatMap((event) => {
    if (event.type !== 'turn.end') return [];
    const { turn, latency, heardText, aborted } = event;
    const measured = latency.parts;
    return {
      turn: String(turn),
      caller: printable(transcripts.get(turn) ?? ''),
      answer: printable(`${heardText}${aborted ? ` [${aborted}]` : ''}`),
      parts: measured ? parts.map((part) => measured[part].toFixed(0)) : [],
      total: mouthToEarText(latency),
    };
  });
}

/** Lays the rows out; the two columns of text share `textSpace`. Further lines may stand below each row. */
function table(
  rows: readonly Row[],
  textSpace: number,
  partWidths: readonly number[],
  below: (row: Row) => string[] = () => [],
): string[] {
  const all = [header, ...rows];
  const wanted = [all.map(({ caller }) => caller), all.map(({ answer }) => answer)].map((texts) =>
    Math.min(longestText, widest(texts)),
  );
  const [callerWidth, answerWidth] = share(wanted[0] ?? 0, wanted[1] ?? 0, textSpace);
  const turnWidth = widest(all.map(({ turn }) => turn));
  const totalWidth = widest(all.map(({ total: text }) => text));
  const line = (row: Row): string =>
    [
      row.turn.padStart(turnWidth),
      clip(row.caller, callerWidth),
      clip(row.answer, answerWidth),
      ...partWidths.map((width, index) => (row.parts[index] ?? '').padStart(width)),
      row.total.padStart(totalWidth),
    ].join(gap);
  const rule = [turnWidth, callerWidth, answerWidth, ...partWidths, totalWidth]
    .map((width) => '─'.repeat(width))
    .join(gap);
  return ['', line(header), rule, ...rows.flatMap((row) => [line(row), ...below(row)]), ''];
}

/** Shares the space between two columns: each gets what it wants while there is enough, and half of it at least. */
function share(first: number, second: number, space: number): readonly [number, number] {
  const firstWidth = Math.min(first, Math.max(Math.floor(space / 2), space - second));
  return [firstWidth, Math.min(second, space - firstWidth)];
}

/** "endpointing 349 + stt 22 + …", broken where a line is full. */
function sumLines(figures: readonly string[], columns: number): string[] {
  const indent = ' '.repeat(header.turn.length + gap.length);
  const terms = figures.flatMap((figure, index) =>
    figure === '0' ? [] : [`${parts[index] ?? ''} ${figure}`],
  );
  return terms.reduce<string[]>((lines, term) => {
    const last = lines.at(-1);
    if (last === undefined) return [indent + term];
    const longer = `${last} + ${term}`;
    if (longer.length <= columns) return [...lines.slice(0, -1), longer];
    return [...lines, `${indent}+ ${term}`];
  }, []);
}

/** The figure of a turn as text: what it is, whether it was measured, or why there is none. */
export function mouthToEarText({ mouth_to_ear_ms: ms, absent, ear }: TurnLatency): string {
  if (ms === null) return absent ?? '';
  return `${ms.toFixed(0)}ms${ear === 'estimated' ? ' (est.)' : ''}`;
}
