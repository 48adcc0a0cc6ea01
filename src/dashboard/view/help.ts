/** Keys that belong together. */
export interface KeyGroup {
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
    ['Ctrl-C', 'quit without asking'],
    ['Ctrl-Z', 'suspend; fg resumes'],
  ],
};
const look: KeyGroup = {
  title: 'Look',
  keys: [
    ['1–4 Tab', 'a panel by its number, the next'],
    ['Enter', 'zoom the panel; Enter, Esc back'],
    ['↑↓ j k', 'choose, scroll; PgUp PgDn too'],
    ['←→ h l', 'the turn before, the turn after'],
    ['g G', 'first, last'],
    ['/', 'filter by words; Esc clears'],
    ['s', 'the log of this session only'],
    ['p Space', 'pause or resume the log'],
    ['f', 'follow the latest call and line'],
    ['v', 'partials and tokens in the log'],
    ['d', 'call time or time of day'],
    ['c', 'copy what the panel shows'],
    ['Esc', 'one step back'],
  ],
};

/** The groups of each column, from top to bottom. */
export const helpColumns: readonly (readonly KeyGroup[])[] = [[calls, leave], [look]];

const columnHeight = (groups: readonly KeyGroup[]): number =>
  groups.reduce((sum, { keys }) => sum + 1 + keys.length, groups.length - 1);

/** The number of lines of the whole help. */
export const helpHeight = Math.max(...helpColumns.map(columnHeight));
