import { filledRow, rowWidth, span, type Row } from './styled-text.js';
import { fitted } from './text-width.js';

interface KeyGroup {
  readonly title: string;
  readonly keys: readonly (readonly [key: string, does: string])[];
}

const calls: KeyGroup = {
  title: 'Calls',
  keys: [
    ['t', 'simulated phone call'],
    ['w', 'simulated web call'],
    ['o', 'open the test page'],
    ['r', 'record, on or off'],
    ['x', 'end the selected call'],
  ],
};
const leave: KeyGroup = {
  title: 'Leave',
  keys: [
    ['q', 'quit; asks while calls run'],
    ['Ctrl-C', 'quit without a question'],
  ],
};
const look: KeyGroup = {
  title: 'Look',
  keys: [
    ['Tab 1–4', 'next panel, or by number'],
    ['↑↓ j k', 'select or scroll; also PgUp, PgDn'],
    ['←→ h l', 'the turn before, the turn after'],
    ['g G', 'first, last'],
    ['Enter', 'a panel on the whole screen'],
    ['/', 'filter by words; Esc clears'],
    ['p Space', 'hold the log still, let it go on'],
    ['f', 'follow the latest call and line'],
    ['v', 'partials and tokens in the log'],
    ['c', 'copy what the panel shows'],
    ['Esc', 'one step back'],
  ],
};

const keyWidth = 9;

/** All keys, in two columns. */
export function helpRows(): readonly Row[] {
  const left = [...groupRows(calls), [], ...groupRows(leave)];
  const right = groupRows(look);
  const leftWidth = Math.max(...left.map(rowWidth)) + 3;
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => [
    ...filledRow(left[index] ?? [], leftWidth),
    ...(right[index] ?? []),
  ]);
}

function groupRows({ title, keys }: KeyGroup): Row[] {
  return [
    [span(`  ${title}`, { bold: true, colour: 'cyan' })],
    ...keys.map(([key, does]): Row => [span(`  ${fitted(key, keyWidth)}`, { bold: true }), span(does)]),
  ];
}
