/** The SYS_LOG on the page: the terminal's lines, following their end unless the reader has scrolled up. */
import type { SessionEvent } from '../../events/session-event.js';
import { formatLogLine, sysLogLine } from '../../events/sys-log.js';
import { byId, make } from './elements.js';
import { FollowingBox } from './following-box.js';

/** Older lines go: a page may stand open for days. */
const maxLines = 1000;

export class LogPanel {
  readonly #box = new FollowingBox(byId('log-scroll', HTMLDivElement));
  readonly #lines = byId('log', HTMLOListElement);

  constructor() {
    const details = byId('details', HTMLInputElement);
    details.addEventListener('change', () => {
      this.#lines.classList.toggle('with-details', details.checked);
      this.#box.changed();
    });
  }

  /** Adds an event's line. */
  add(event: SessionEvent): void {
    const line = sysLogLine(event);
    const text = formatLogLine(line);
    const tag = make('span', `tag tag-${line.tag.toLowerCase()}`, text.slice(0, line.tag.length));
    const item = make('li', line.detail ? 'detail' : '', tag, text.slice(line.tag.length));
    this.#lines.append(item);
    while (this.#lines.childElementCount > maxLines) this.#lines.firstElementChild?.remove();
    this.#box.changed();
  }
}
