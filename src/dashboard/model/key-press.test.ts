import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SessionEvent } from '../../events/session-event.js';
import { callStart, goldenCall, sampleEvent, turnAnswered } from '../../../test/harness/sample-calls.js';
import { layoutOf, shownPanels } from '../view/layout.js';
import { initialModel, modelAfter, type DashboardModel } from './dashboard-model.js';
import { keyPressed, type DashboardRequest, type KeyPress, type NamedKey } from './key-press.js';
import { logQuery, selectedSession, selectedTurn, visibleSessions } from './selection.js';
import { lastLines } from './session-log.js';

function showing(events: readonly SessionEvent[], size = { columns: 160, rows: 50 }): DashboardModel {
  const empty = initialModel(
    {
      version: '0.1.0',
      state: 'ready',
      localUrl: 'http://127.0.0.1:8787',
      publicUrl: null,
      phoneNumber: null,
      providers: null,
      recording: false,
    },
    size,
  );
  return events.reduce((model, event) => modelAfter(model, { type: 'event', event }), empty);
}

const names = new Set<string>([
  ...['up', 'down', 'left', 'right', 'page_up', 'page_down', 'home', 'end', 'enter', 'escape'],
  ...['tab', 'back_tab', 'backspace', 'interrupt'],
]);

const keyOf = (key: string): KeyPress => (names.has(key) ? { name: key as NamedKey } : { typed: key });

/** The model after these keys. */
function after(model: DashboardModel, ...keys: string[]): DashboardModel {
  return keys.reduce((current, key) => keyPressed(current, keyOf(key)).model, model);
}

/** The request of the last of these keys. */
function asked(model: DashboardModel, ...keys: string[]): DashboardRequest | null {
  const last = keys.at(-1)!;
  return keyPressed(after(model, ...keys.slice(0, -1)), keyOf(last)).request;
}

const idle = showing([]);
const threeCalls = showing([callStart('00000001'), callStart('00000002'), callStart('00000003')]);
const longLog = showing(
  Array.from({ length: 200 }, (_, i) => sampleEvent('dtmf', { digit: String(i) })),
  { columns: 80, rows: 24 },
);
const lastShown = (model: DashboardModel): string => lastLines(model.log, logQuery(model), 1)[0]!.text;

describe('keys that act', () => {
  it.each<[string, DashboardRequest]>([
    ['t', { type: 'place_call', transport: 'twilio' }],
    ['w', { type: 'place_call', transport: 'webrtc' }],
    ['o', { type: 'open_page' }],
    ['r', { type: 'toggle_recording' }],
    ['q', { type: 'quit', atOnce: false }],
    ['interrupt', { type: 'quit', atOnce: true }],
  ])('%s requests its action', (key, request) => {
    expect(asked(idle, key)).toEqual(request);
  });

  it('q asks first while calls run, and only y confirms', () => {
    expect(asked(threeCalls, 'q')).toBeNull();
    expect(asked(threeCalls, 'q', 'y')).toEqual({ type: 'quit', atOnce: false });
  });

  it.each(['n', 'escape', 'enter', 't', 'x', 'q'])(
    '%s answers no to the question of q, and does nothing else',
    (key) => {
      expect(asked(threeCalls, 'q', key)).toBeNull();
      expect(after(threeCalls, 'q', key)).toEqual(threeCalls);
    },
  );

  it('Ctrl-C quits without a question, even while one is open', () => {
    expect(asked(threeCalls, 'interrupt')).toEqual({ type: 'quit', atOnce: true });
    expect(asked(threeCalls, 'q', 'interrupt')).toEqual({ type: 'quit', atOnce: true });
    expect(asked(threeCalls, '/', 'interrupt')).toEqual({ type: 'quit', atOnce: true });
  });

  it('x ends the session that was selected when it asked, even if another has begun since', () => {
    const question = after(threeCalls, 'up', 'x');
    const later = modelAfter(question, { type: 'event', event: callStart('00000004') });
    expect(keyPressed(later, { typed: 'y' }).request).toEqual({ type: 'end_session', sessionId: '00000002' });
    expect(asked(threeCalls, 'x', 'x')).toBeNull();
  });

  it('x drops its question when the session ends by itself', () => {
    const end = sampleEvent('session.end', { reason: 'hangup', durationMs: 1 }, { sessionId: '00000003' });
    const { ui } = modelAfter(after(threeCalls, 'x'), { type: 'event', event: end });
    expect(ui.prompt).toBeNull();
    expect(ui.status?.text).toBe('Call 00000003 has ended already.');
  });

  it('x does not ask about a session that has ended', () => {
    const { ui } = after(showing(goldenCall('booking')), 'x');
    expect(ui.prompt).toBeNull();
    expect(ui.status).toMatchObject({ text: 'Call a3f9b2c1 has ended already.', tone: 'bad' });
    expect(after(idle, 'x').ui.status).toMatchObject({ text: 'There is no call to end.' });
  });

  it('c copies what the focused panel shows', () => {
    const call = showing(goldenCall('booking'));
    expect(asked(call, 'c')).toMatchObject({ type: 'copy', text: 'a3f9b2c1' });
    expect(asked(call, '2', 'c')).toMatchObject({ text: expect.stringContaining('INFO  inbound: twilio') });
    expect(asked(call, '3', 'c')).toMatchObject({
      text: expect.stringMatching(/^mouth→ear \d+ ms \(measured\)/),
    });
    expect(asked(call, '4', 'c')).toMatchObject({
      text: expect.stringContaining('caller: book my appointment'),
    });
    expect(asked(idle, 'c')).toBeNull();
  });
});

describe('the selected session', () => {
  it('moves by arrows or j and k, and stops at the ends', () => {
    const selected = (...keys: string[]): string => selectedSession(after(threeCalls, ...keys))!.id;
    expect(selected()).toBe('00000003');
    expect(selected('k')).toBe('00000002');
    expect(selected('up', 'up', 'up')).toBe('00000001');
    expect(selected('g')).toBe('00000001');
    expect(selected('g', 'j')).toBe('00000002');
    expect(selected('g', 'G', 'down')).toBe('00000003');
  });

  it('stays the same while others begin, until f follows the latest again', () => {
    const chosen = modelAfter(after(threeCalls, 'k'), { type: 'event', event: callStart('00000004') });
    expect(selectedSession(chosen)!.id).toBe('00000002');
    expect(selectedSession(after(chosen, 'f'))!.id).toBe('00000004');
    expect(selectedSession(after(chosen, 'escape'))!.id).toBe('00000004');
  });

  it('becomes a call that was placed from the dashboard when it begins', () => {
    const placed = after(threeCalls, 'g', 't');
    expect(selectedSession(placed)!.id).toBe('00000001');
    const begun = modelAfter(placed, { type: 'event', event: callStart('00000004') });
    expect(selectedSession(begun)!.id).toBe('00000004');
    const next = modelAfter(after(begun, 'g'), { type: 'event', event: callStart('00000005') });
    expect(selectedSession(next)!.id).toBe('00000001');
  });

  it('stays the same if a call could not be placed and another begins', () => {
    const failed = modelAfter(after(threeCalls, 'g', 't'), { type: 'status', text: 'No.', tone: 'bad' });
    const later = modelAfter(failed, { type: 'event', event: callStart('00000004') });
    expect(selectedSession(later)!.id).toBe('00000001');
  });
});

describe('the filter', () => {
  it('narrows the list while it is typed; Enter keeps it, Escape clears it', () => {
    const typing = after(threeCalls, '/', '0', '2');
    expect(visibleSessions(typing).map(({ id }) => id)).toEqual(['00000002']);
    expect(visibleSessions(after(typing, 'enter'))).toHaveLength(1);
    expect(visibleSessions(after(typing, 'backspace'))).toHaveLength(3);
    expect(visibleSessions(after(typing, 'escape'))).toHaveLength(3);
    expect(visibleSessions(after(typing, 'enter', 'escape'))).toHaveLength(3);
  });

  it('takes letters that are otherwise keys', () => {
    const typing = after(threeCalls, '/', 't', 'q', ' ', '?');
    expect(typing.ui.filters.sessions).toBe('tq ?');
    expect(typing.ui.helpFrom).toBeNull();
  });

  it('is that of the log unless the sessions have the focus', () => {
    expect(after(threeCalls, 'tab', '/', 'ok').ui.filters).toEqual({ sessions: '', log: 'ok' });
  });
});

describe('the log', () => {
  it('is held by p or the space bar, and follows again by either', () => {
    const held = modelAfter(after(longLog, 'p'), {
      type: 'event',
      event: sampleEvent('dtmf', { digit: 'new' }),
    });
    expect(lastShown(held)).toBe('dtmf: 199');
    expect(lastShown(after(held, ' '))).toBe('dtmf: new');
  });

  it('scrolls by lines and pages, and follows again at its end', () => {
    const log = after(longLog, '4');
    expect(lastShown(after(log, 'k'))).toBe('dtmf: 198');
    expect(lastShown(after(log, 'up', 'up', 'down'))).toBe('dtmf: 198');
    expect(after(log, 'up', 'up', 'down', 'down').ui.logUntil).toBeNull();
    expect(Number(lastShown(after(log, 'page_up')).slice(6))).toBeLessThan(196);
    expect(after(log, 'page_up', 'page_down').ui.logUntil).toBeNull();
    expect(after(log, 'g', 'G').ui.logUntil).toBeNull();
  });

  it('shows only the selected session after s, and all sessions after another s', () => {
    const two = showing([callStart('00000001'), callStart('00000002')]);
    const lines = (model: DashboardModel): number => lastLines(model.log, logQuery(model), 99).length;
    expect(lines(two)).toBe(2);
    expect(lines(after(two, 's'))).toBe(1);
    expect(lastShown(after(two, 's', 'k'))).toContain('00000001');
    expect(lines(after(two, 's', 's'))).toBe(2);
  });

  it('stops at its first line', () => {
    const first = after(longLog, '4', 'g');
    expect(after(first, 'k').ui.logUntil).toBe(first.ui.logUntil);
    expect(first.ui.logUntil).toBeLessThan(20);
  });

  it('shows details after v, earlier ones too', () => {
    const call = showing(goldenCall('booking'));
    const count = (model: DashboardModel): number => lastLines(model.log, logQuery(model), 9999).length;
    expect(count(after(call, 'v'))).toBe(goldenCall('booking').length);
    expect(count(call)).toBeLessThan(count(after(call, 'v')));
    expect(count(after(call, 'v', 'v'))).toBe(count(call));
  });
});

describe('panels', () => {
  it('get the focus in turn by Tab, and in reverse by Shift-Tab', () => {
    const focus = (...keys: string[]): string => after(idle, ...keys).ui.focus;
    expect(focus('tab')).toBe('log');
    expect(focus('tab', 'tab', 'tab', 'tab')).toBe('sessions');
    expect(focus('back_tab')).toBe('transcript');
    const small = showing([], { columns: 80, rows: 24 });
    expect(after(small, 'tab').ui.focus).toBe('latency');
    expect(after(small, 'back_tab').ui.focus).toBe('log');
  });

  it('are zoomed by Enter, and restored by Enter or Escape', () => {
    const shown = (...keys: string[]): readonly string[] => shownPanels(layoutOf(after(threeCalls, ...keys)));
    expect(shown('enter')).toEqual(['sessions']);
    expect(shown('enter', 'enter')).toHaveLength(4);
    expect(shown('enter', 'escape')).toHaveLength(4);
    expect(shown('enter', '4')).toEqual(['transcript']);
  });

  it('come to the screen when they get the focus, if there is room for only some', () => {
    const small = showing([callStart()], { columns: 80, rows: 24 });
    expect(shownPanels(layoutOf(after(small, '2')))).toContain('latency');
    expect(shownPanels(layoutOf(after(small, '3')))).toContain('transcript');
    const tiny = showing([callStart()], { columns: 80, rows: 16 });
    expect(shownPanels(layoutOf(after(tiny, '2')))).toEqual(['latency']);
    expect(shownPanels(layoutOf(after(tiny, '2', 'escape')))).toEqual(['sessions', 'log']);
  });

  it('select a turn by arrows if the latency is shown', () => {
    const call = showing([callStart(), turnAnswered(1, 700), turnAnswered(2, 800), turnAnswered(3, 900)]);
    expect(selectedTurn(call)!.turn).toBe(3);
    expect(selectedTurn(after(call, 'left'))!.turn).toBe(2);
    expect(selectedTurn(after(call, '3', 'k', 'k', 'k'))!.turn).toBe(1);
    expect(selectedTurn(after(call, '3', 'g', 'G'))!.turn).toBe(3);
  });

  it('give way to the help, which any key closes without another effect', () => {
    const help = after(threeCalls, '?');
    expect(help.ui.helpFrom).toBe(0);
    expect(asked(help, 't')).toBeNull();
    expect(after(help, 't')).toEqual(threeCalls);
    expect(after(help, 'escape')).toEqual(threeCalls);
  });

  it('give way to the help, which scrolls if it does not fit', () => {
    const low = after(showing([], { columns: 80, rows: 15 }), '?');
    expect(after(low, 'down', 'j').ui.helpFrom).toBe(2);
    expect(after(low, 'page_down', 'page_down').ui.helpFrom).toBe(4);
    expect(after(low, 'down', 'k', 'up').ui.helpFrom).toBe(0);
    expect(after(low, 'down', 't').ui.helpFrom).toBeNull();
  });
});

it('no sequence of keys makes the model fail, or ends a call without a confirmation', () => {
  const key = fc.oneof(
    fc.constantFrom(...names),
    fc.constantFrom(...Array.from('twor/?xqpfvcsdgGjkhl1234yn ')),
    fc.string({ maxLength: 3 }).filter((text) => text !== ''),
  );
  const call = showing([...goldenCall('barge-in'), callStart('00000002')], { columns: 80, rows: 24 });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
      let model = call;
      for (const each of keys) {
        const questioned = model.ui.prompt?.type;
        const outcome = keyPressed(model, keyOf(each));
        if (outcome.request?.type === 'end_session') expect(questioned ?? each).not.toBe('filter');
        model = outcome.model;
        expect(layoutOf(model)).not.toBeNull();
      }
    }),
  );
});
