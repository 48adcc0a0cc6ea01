/** The latency of the selected turn as a waterfall with its mouth→ear in large figures, and all turns as bars. */
import type { SessionEvent } from '../../events/session-event.js';
import { slowTurnMs } from '../../events/sys-log.js';
import {
  durationText,
  partMeanings,
  partOrder,
  timeAxis,
  turnsAfter,
  type Segment,
  type TurnBar,
} from '../../call-view/waterfall.js';
import type { CallPanel } from './call-viewer.js';
import { byId, make } from './elements.js';

/** Shown before the first turn, so that the panel does not change size. */
const noTurn: TurnBar = {
  turn: -1,
  totalMs: null,
  slow: false,
  note: 'from your last word to the first sound of the answer',
  segments: [],
  parts: null,
};

export class LatencyPanel implements CallPanel {
  readonly #body = byId('latency', HTMLDivElement);
  #turns: readonly TurnBar[] = [];
  /** The selected turn; null follows the latest. */
  #chosen: number | null = null;

  constructor() {
    byId('meanings', HTMLDListElement).append(
      ...partOrder.flatMap((part) => [make('dt', '', part), make('dd', '', partMeanings[part])]),
    );
    this.#show();
  }

  show(events: readonly SessionEvent[]): void {
    this.#turns = events.reduce(turnsAfter, []);
    this.#chosen = null;
    this.#show();
  }

  /** Updates the panel for an event. */
  add(event: SessionEvent): void {
    const next = turnsAfter(this.#turns, event);
    if (next === this.#turns) return;
    if (next.length === 0) this.#chosen = null;
    this.#turns = next;
    this.#show();
  }

  #show(): void {
    const turn =
      this.#turns.find((bar) => bar.turn === this.#chosen) ?? latestWithFigure(this.#turns) ?? noTurn;
    const axis = timeAxis(this.#turns);
    const focused =
      document.activeElement instanceof HTMLElement ? document.activeElement.dataset.turn : undefined;
    this.#body.replaceChildren(
      figure(turn),
      waterfall(turn, axis.endMs, axis.ticksMs),
      this.#bars(turn, axis.endMs),
    );
    // Keep the keyboard focus on the same turn.
    if (focused !== undefined) this.#body.querySelector<HTMLElement>(`[data-turn="${focused}"]`)?.focus();
  }

  #bars(shown: TurnBar, endMs: number): HTMLElement {
    const list = make('ol', 'turns');
    list.setAttribute('aria-label', 'Turns');
    for (const bar of [...this.#turns].reverse()) {
      const total = bar.totalMs === null ? bar.note : durationText(bar.totalMs);
      const button = make(
        'button',
        bar.slow ? 'turn slow' : 'turn',
        make('span', 'turn-number', make('span', 'hidden', 'Turn '), `#${bar.turn}`),
      );
      if (bar.totalMs === null) button.append(make('span', 'turn-note', total));
      else button.append(track(bar.segments, endMs), make('span', 'turn-total', total));
      button.type = 'button';
      button.dataset.turn = String(bar.turn);
      button.setAttribute('aria-pressed', String(bar === shown));
      button.addEventListener('click', () => {
        this.#chosen = bar === this.#turns.at(-1) ? null : bar.turn;
        this.#show();
      });
      list.append(make('li', '', button));
    }
    return list;
  }
}

/** The latest turn with a latency; a greeting has none. */
function latestWithFigure(turns: readonly TurnBar[]): TurnBar | undefined {
  return turns.findLast(({ totalMs }) => totalMs !== null) ?? turns.at(-1);
}

function figure({ turn, totalMs, slow, note }: TurnBar): HTMLElement {
  const number = totalMs === null ? '–' : totalMs.toFixed(0);
  const unit = totalMs === null ? '' : ' ms';
  return make(
    'p',
    `figure ${totalMs === null ? 'none' : slow ? 'slow' : ''}`,
    make('span', 'figure-number', number),
    make('span', 'figure-unit', unit),
    make('span', 'figure-note', turn < 0 ? note : `turn ${turn} · ${note}`),
  );
}

function waterfall({ parts, segments }: TurnBar, endMs: number, ticksMs: readonly number[]): HTMLElement {
  const chart = make('div', 'waterfall');
  const ticks = make('div', 'ticks');
  ticks.setAttribute('aria-hidden', 'true');
  for (const tickMs of ticksMs) {
    const tick = make('span', tickMs === slowTurnMs ? 'tick slow' : 'tick', String(tickMs));
    tick.style.left = percent(tickMs, endMs);
    ticks.append(tick);
  }
  const list = make('ul', 'parts');
  for (const part of partOrder) {
    const durationMs = parts?.[part] ?? 0;
    const own = segments.filter((segment) => segment.part === part);
    list.append(
      make(
        'li',
        'part',
        make('span', 'part-name', part),
        track(own, endMs),
        make('span', 'part-ms', durationMs > 0 ? durationText(durationMs) : '–'),
      ),
    );
  }
  chart.append(ticks, list);
  return chart;
}

/** Bars on the time axis. Decoration only: the same values are beside them as text. */
function track(segments: readonly Segment[], endMs: number): HTMLElement {
  const box = make('span', 'track');
  box.setAttribute('aria-hidden', 'true');
  for (const { part, startMs, durationMs } of segments) {
    const bar = make('span', `segment ${part}`);
    bar.style.left = percent(startMs, endMs);
    bar.style.width = percent(durationMs, endMs);
    box.append(bar);
  }
  const limit = make('span', 'limit');
  limit.style.left = percent(slowTurnMs, endMs);
  box.append(limit);
  return box;
}

function percent(ms: number, endMs: number): string {
  return `${((ms / endMs) * 100).toFixed(2)}%`;
}
