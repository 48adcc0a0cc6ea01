/** The SYS_LOG on the page: the terminal's lines. It follows its end until the reader scrolls up. */
import type { SessionEvent } from '../../events/session-event.js';
import { formatLogLine, sysLogLine } from '../../events/sys-log.js';
import type { CallPanel } from './call-viewer.js';
import { byId, make } from './elements.js';
import { FollowingBox } from './following-box.js';

/** Older lines are removed, because a page may stay open for days. */
const maxLines = 1000;

export class LogPanel implements CallPanel {
  readonly #box = new FollowingBox(byId('log-scroll', HTMLDivElement));
  readonly #lines = byId('log', HTMLOListElement);

  constructor() {
    const details = byId('details', HTMLInputElement);
    details.addEventListener('change', () => {
      this.#lines.classList.toggle('with-details', details.checked);
      this.#box.changed();
    });
  }

  clear(): void {
    this.#lines.replaceChildren();
  }

  /** Adds the line of an event. */
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
