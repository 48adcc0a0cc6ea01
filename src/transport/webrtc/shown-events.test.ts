import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import type { NumberedEvent } from './page-protocol.js';
import { ShownEvents } from './shown-events.js';

function shown(count: number): ShownEvents {
  const events = new ShownEvents();
  for (let index = 0; index < count; index++) events.add({ turn: index } as SessionEvent, true);
  return events;
}

const turnsOf = (events: readonly NumberedEvent[]): number[] => events.map(({ event }) => event.turn);

describe('events that a page has missed', () => {
  it.each([
    [3, 0, [0, 1, 2]],
    [3, 2, [2]],
    [3, 3, []],
    // A page that claims more than there were gets none.
    [3, 99, []],
    [0, 0, []],
  ])('are, of %i, those behind the first %i', (count, seen, missed) => {
    expect(turnsOf(shown(count).after(seen))).toEqual(missed);
  });

  it('are not kept while the page could not come back, but count', () => {
    const events = new ShownEvents();
    events.add({ turn: 1 } as SessionEvent, false);
    events.add({ turn: 2 } as SessionEvent, true);
    expect(events.after(0)).toEqual([{ number: 2, event: { turn: 2 } }]);
  });

  it('are the latest if there are very many', () => {
    const missed = turnsOf(shown(2345).after(0));
    expect(missed.length).toBeGreaterThanOrEqual(500);
    expect(missed.length).toBeLessThanOrEqual(1000);
    expect(missed.at(-1)).toBe(2344);
    expect(turnsOf(shown(2345).after(2340))).toEqual([2340, 2341, 2342, 2343, 2344]);
  });
});
