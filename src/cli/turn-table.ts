/** The table at the end of a replay: every turn with what was said, what was answered, and where the time went. */
import type { SessionEvent } from '../events/session-event.js';
import { printable } from '../events/sys-log.js';
import type { LatencyPart, TurnLatency } from '../metrics/turn-latency.js';

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
const textWidth = 30;

/** The table as lines; none where no turn ended. */
export function turnTable(events: readonly SessionEvent[]): string[] {
  const ended = events.filter((event) => event.type === 'turn.end');
  if (ended.length === 0) return [];
  const transcripts = new Map(
    events.flatMap((event) => (event.type === 'transcript.final' ? [[event.turn, event.text] as const] : [])),
  );
  const header = ['turn', 'caller', 'heard of the answer', ...parts, 'mouth→ear'];
  const rows = ended.map(({ turn, latency, heardText, aborted }) => [
    String(turn),
    clip(transcripts.get(turn) ?? ''),
    clip(`${heardText}${aborted ? ` [${aborted}]` : ''}`),
    ...parts.map((part) => (latency.parts ? latency.parts[part].toFixed(0) : '')),
    total(latency),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column > 0 && column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return ['', line(header), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line), ''];
}

function total({ mouth_to_ear_ms: ms, absent, ear }: TurnLatency): string {
  if (ms === null) return absent ?? '';
  return `${ms.toFixed(0)}ms${ear === 'estimated' ? ' (est.)' : ''}`;
}

function clip(text: string): string {
  const characters = Array.from(printable(text));
  return characters.length <= textWidth
    ? characters.join('')
    : `${characters.slice(0, textWidth - 1).join('')}…`;
}
