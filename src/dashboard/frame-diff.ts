/**
 * Turns each frame into the few bytes that update the screen: unchanged lines are not sent again. Ink does not do this
 * for a picture as high as the terminal: it clears the screen and the scrollback for every frame.
 */

const esc = '\u001b[';
/** Terminals that support synchronised updates show a frame only when it is complete. */
const beginUpdate = `${esc}?2026h`;
const endUpdate = `${esc}?2026l`;

export class FrameDiff {
  #shown: readonly string[] | null = null;

  /** The bytes that make the screen show `frame`; empty if it already does. Lines must fit the screen's width. */
  next(frame: string): string {
    const lines = frame.split('\n');
    const shown = this.#shown;
    this.#shown = lines;
    const changes = lines.map((line, row) =>
      // Clear first: after a line of full width the cursor has no cell to clear from.
      shown?.[row] === line ? '' : `${esc}${row + 1};1H${esc}2K${line}`,
    );
    const surplus = shown && shown.length > lines.length ? `${esc}${lines.length + 1};1H${esc}J` : '';
    const clear = shown ? '' : `${esc}H${esc}2J`;
    const update = clear + changes.join('') + surplus;
    return update === '' ? '' : beginUpdate + update + endUpdate;
  }

  /** Forgets what the screen shows: the next frame is sent in full. */
  reset(): void {
    this.#shown = null;
  }
}
