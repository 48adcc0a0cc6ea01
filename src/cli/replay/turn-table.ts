/** The table at the end of a replay: the words of each turn, its answer, and where the time went. */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { partOrder } from '../../call-view/waterfall.js';
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import type { TurnLatency } from '../../metrics/turn-latency.js';
import { clip, columnGap, textTable, widest } from '../text-table.js';
import { unrecoveredFailures } from './unrecovered-failures.js';

/** Keeps two words on one line. */
const noBreak = '\u00a0';
const longestText = 48;
/** A transcript is not readable in a narrower column. */
const shortestText = 20;

interface Row {
  readonly turn: string;
  readonly caller: string;
  readonly answer: string;
  /** What went wrong. It is never cut off. */
  readonly mark: string;
  /** In the order of `partOrder`; empty if the turn has no figures. */
  readonly parts: readonly string[];
  readonly total: string;
}

const header: Row = {
  turn: 'turn',
  caller: 'caller',
  answer: 'heard of the answer',
  mark: '',
  parts: partOrder,
  total: 'mouth→ear',
};

/**
 * The table as lines that fit into `columns`; empty if no turn ended. The recordings without an answer follow the turns. If
 * the terminal is too narrow for a column for each part of the latency, the parts that took time are below their turn.
 */
export function turnTable(
  events: readonly SessionEvent[],
  columns = Infinity,
  unanswered: readonly string[] = [],
): string[] {
  const rows = [...rowsOf(events), ...unanswered.map(unansweredRow)];
  if (rows.length === 0) return [];
  const all = [header, ...rows];
  const partWidths = partOrder.map((_, index) => widest(all.map((row) => row.parts[index] ?? '')));
  const narrow =
    widest(all.map(({ turn }) => turn)) + widest(all.map(({ total }) => total)) + 3 * columnGap.length;
  const wide = narrow + partWidths.reduce((sum, width) => sum + columnGap.length + width, 0);
  if (wide + 2 * shortestText <= columns) return table(rows, columns - wide, partWidths);
  const below = (row: Row): readonly string[] => sumLines(row.parts, columns);
  return table(rows, columns - narrow, [], below);
}

function rowsOf(events: readonly SessionEvent[]): Row[] {
  const transcripts = new Map(
    events.flatMap((event) => (event.type === 'transcript.final' ? [[event.turn, event.text] as const] : [])),
  );
  const failures = new Map<number, string>();
  for (const { turn, kind } of unrecoveredFailures(events))
    failures.set(turn, ` [${kind ?? 'session'} failed]`);
  return events.flatMap((event) => {
    if (event.type !== 'turn.end') return [];
    const { turn, latency, heardText, aborted } = event;
    const measured = latency.parts;
    return {
      turn: String(turn),
      caller: printable(transcripts.get(turn) ?? ''),
      answer: printable(`${heardText}${aborted ? ` [${aborted}]` : ''}`),
      mark: failures.get(turn) ?? '',
      parts: measured ? partOrder.map((part) => measured[part].toFixed(0)) : [],
      total: mouthToEarText(latency),
    };
  });
}

function unansweredRow(name: string): Row {
  return { turn: '', caller: printable(name), answer: '', mark: '[no answer]', parts: [], total: '' };
}

/** Lays the rows out. The two text columns share `textSpace`. `below` gives lines that go below a row. */
function table(
  rows: readonly Row[],
  textSpace: number,
  partWidths: readonly number[],
  below: (row: Row) => readonly string[] = () => [],
): string[] {
  const all = [header, ...rows];
  const [callerWidth, answerWidth] = share(
    Math.min(longestText, widest(all.map(({ caller }) => caller))),
    Math.min(longestText, widest(all.map(({ answer, mark }) => answer + mark))),
    textSpace,
  );
  const {
    head,
    rule,
    rows: lines,
  } = textTable(
    [
      { title: header.turn, width: widest(all.map(({ turn }) => turn)), align: 'right' },
      { title: header.caller, width: callerWidth },
      { title: header.answer, width: answerWidth },
      ...partWidths.map((width, index) => ({
        title: partOrder[index] ?? '',
        width,
        align: 'right' as const,
      })),
      { title: header.total, width: widest(all.map(({ total }) => total)), align: 'right' },
    ],
    rows.map((row) => [
      row.turn,
      row.caller,
      clip(row.answer, answerWidth - stringWidth(row.mark)).trimEnd() + row.mark,
      ...partWidths.map((_, index) => row.parts[index] ?? ''),
      row.total,
    ]),
  );
  return ['', head, rule, ...rows.flatMap((row, index) => [lines[index] ?? '', ...below(row)]), ''];
}

/** Shares the space between two columns. Each gets what it wants if there is enough, else at least half. */
function share(first: number, second: number, space: number): readonly [number, number] {
  const firstWidth = Math.min(first, Math.max(Math.floor(space / 2), space - second));
  return [firstWidth, Math.min(second, space - firstWidth)];
}

/** "endpointing 349 + stt 22 + …", wrapped before a plus. */
function sumLines(figures: readonly string[], columns: number): readonly string[] {
  const indent = ' '.repeat(header.turn.length + columnGap.length);
  const terms = figures.flatMap((figure, index) =>
    figure === '0' ? [] : [`${partOrder[index] ?? ''}${noBreak}${figure}`],
  );
  if (terms.length === 0) return [];
  const sum = wrapAnsi(terms.join(` +${noBreak}`), columns - indent.length);
  return sum.split('\n').map((line) => indent + line.replaceAll(noBreak, ' '));
}

/** The mouth→ear latency of a turn, marked if it is estimated; or the reason why there is none. */
export function mouthToEarText({ mouth_to_ear_ms: ms, absent, ear }: TurnLatency): string {
  if (ms === null) return absent ?? '';
  return `${ms.toFixed(0)}ms${ear === 'estimated' ? ' (est.)' : ''}`;
}
