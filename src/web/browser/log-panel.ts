/** The SYS_LOG on the page: the terminal's lines. It follows its end until the reader scrolls up. */
import type { SessionEvent } from '../../events/session-event.js';
import { formatLogLine, sysLogLine } from '../../events/sys-log.js';
import type { CallPanel } from './call-viewer.js';
import { byId, make } from './elements.js';
import { FollowingBox } from './following-box.js';

/** Older lines are removed, because a page may stay open for days; details apart, so that they push no other line out. */
const maxLines = 1000;

export class LogPanel implements CallPanel {
  readonly #box = new FollowingBox(byId('log-scroll', HTMLDivElement));
  readonly #list = byId('log', HTMLOListElement);
  #lines: HTMLLIElement[] = [];
  #details: HTMLLIElement[] = [];

  constructor() {
    const details = byId('details', HTMLInputElement);
    details.addEventListener('change', () => {
      this.#list.classList.toggle('with-details', details.checked);
      this.#box.changed();
    });
  }

  show(events: readonly SessionEvent[]): void {
    const items = events.map(item);
    this.#lines = items.filter(({ className }) => className === '').slice(-maxLines);
    this.#details = items.filter(({ className }) => className !== '').slice(-maxLines);
    const kept = new Set([...this.#lines, ...this.#details]);
    this.#list.replaceChildren(...items.filter((one) => kept.has(one)));
    this.#box.changed();
  }

  /** Adds the line of an event. */
  add(event: SessionEvent): void {
    const added = item(event);
    this.#list.append(added);
    const alike = added.className === '' ? this.#lines : this.#details;
    alike.push(added);
    if (alike.length > maxLines) alike.shift()?.remove();
    this.#box.changed();
  }
}

function item(event: SessionEvent): HTMLLIElement {
  const line = sysLogLine(event);
  const text = formatLogLine(line);
  const tag = make('span', `tag tag-${line.tag.toLowerCase()}`, text.slice(0, line.tag.length));
  return make('li', line.detail ? 'detail' : '', tag, text.slice(line.tag.length));
}
