/** Frames as the fewest bytes that turn the one on the screen into the next: lines that did not change are not sent again. */

const esc = '\u001b[';
/** Terminals that know synchronised updates show a frame only when it is complete. */
const beginUpdate = `${esc}?2026h`;
const endUpdate = `${esc}?2026l`;

export class FrameDiff {
  #shown: readonly string[] | null = null;

  /** What makes the screen show `frame`; empty where it does already. Every line must fit into the screen's width. */
  next(frame: string): string {
    const lines = frame.split('\n');
    const shown = this.#shown;
    this.#shown = lines;
    const changes = lines.map((line, row) =>
      // Cleared first: behind a line of full width there is no place to clear from.
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
