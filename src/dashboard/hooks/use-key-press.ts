import { useInput, type Key } from 'ink';
import type { KeyPress, NamedKey } from '../model/key-press.js';

export type OnKeyPress = (key: KeyPress) => void;

/** Hears every key that means something to the dashboard; puts the terminal's input into raw mode meanwhile. */
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

/** Ink's account of a key in the dashboard's terms; null for keys that it does not use. */
function keyPressOf(input: string, key: Key): KeyPress | null {
  if (key.ctrl) return input === 'c' ? { name: 'interrupt' } : null;
  if (key.tab) return { name: key.shift ? 'back_tab' : 'tab' };
  for (const [flag, name] of named) if (key[flag]) return { name };
  // With Alt held, a letter is somebody else's shortcut.
  return input === '' || key.meta ? null : { typed: input };
}
