import { useInput, type Key } from 'ink';
import type { KeyPress, NamedKey } from '../model/key-press.js';

export type OnKeyPress = (key: KeyPress) => void;

/** Reports every key that the dashboard uses; keeps the terminal's input in raw mode meanwhile. */
export function useKeyPress(onKeyPress: OnKeyPress): void {
  useInput((input, key) => {
    const press = keyPressOf(input, key);
    if (press) onKeyPress(press);
  });
}

const named: readonly (readonly [flag: keyof Key, name: NamedKey])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page_up'],
  ['pageDown', 'page_down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

/** Translates Ink's key to the dashboard's; null for keys that the dashboard does not use. */
function keyPressOf(input: string, key: Key): KeyPress | null {
  if (key.ctrl) return input === 'c' ? { name: 'interrupt' } : null;
  if (key.tab) return { name: key.shift ? 'back_tab' : 'tab' };
  for (const [flag, name] of named) if (key[flag]) return { name };
  // Letters with Alt are not the dashboard's keys.
  return input === '' || key.meta ? null : { typed: input };
}
