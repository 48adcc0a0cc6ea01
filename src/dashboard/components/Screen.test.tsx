import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ReactElement } from 'react';
import fc from 'fast-check';
import { Box, renderToString, Text } from 'ink';
import { cleanup, render } from 'ink-testing-library';
import type { SessionEvent } from '../../events/session-event.js';
import { anyCharacter } from '../../../test/harness/any-character.js';
import { callStart, goldenCall, sampleEvent, turnAnswered } from '../../../test/harness/sample-calls.js';
import { runs } from '../../../test/harness/thorough.js';
import {
  initialModel,
  modelAfter,
  type DashboardInput,
  type DashboardModel,
} from '../model/dashboard-model.js';
import type { DashboardUi } from '../model/dashboard-ui.js';
import type { KeyPress } from '../model/key-press.js';
import { footerHeight, smallestSize } from '../view/layout.js';
import { Screen } from './Screen.js';

const small = { columns: 80, rows: 24 };
const wide = { columns: 160, rows: 50 };
const ignoreKeys = (): void => undefined;
const ignoreMeasure = (): void => undefined;

function modelOf(
  events: readonly SessionEvent[],
  size = small,
  ui: Partial<DashboardUi> = {},
): DashboardModel {
  const empty = initialModel(
    {
      version: '0.1.0',
      state: 'ready',
      localUrl: 'http://127.0.0.1:8787',
      publicUrl: 'https://calm-otter.ngrok.app',
      phoneNumber: '+15550100002',
      providers: { stt: 'deepgram', llm: 'openai', tts: 'elevenlabs' },
      recording: false,
    },
    size,
  );
  const inputs = events.map((event): DashboardInput => ({ type: 'event', event }));
  const model = inputs.reduce(modelAfter, empty);
  return { ...model, ui: { ...model.ui, ...ui } };
}

function screen(model: DashboardModel, colour = false): ReactElement {
  return (
    <Screen model={model} colour={colour} onKeyPress={ignoreKeys} onTranscriptMeasured={ignoreMeasure} />
  );
}

/** The lines cut to `columns`, as Ink measures them. */
function fitted(lines: readonly string[], columns: number): string[] {
  const rows = lines.map((line, index) => (
    <Text key={index} wrap="truncate">
      {line || ' '}
    </Text>
  ));
  return renderToString(<Box flexDirection="column">{rows}</Box>, { columns }).split('\n');
}

/** The screen as lines of text, without styles. */
function linesOf(model: DashboardModel, colour = false): string[] {
  return withoutStyles(renderToString(screen(model, colour), { columns: model.ui.columns }));
}

function withoutStyles(frame: string): string[] {
  return stripVTControlCharacters(frame).split('\n');
}

/** The lines of the panel of this name. */
function panel(lines: readonly string[], name: string): string[] {
  const first = lines.findIndex((line) => line.includes(`[ ${name} ]`));
  const at = lines[first]!.indexOf(`[ ${name} ]`);
  const next = lines.findIndex((line, index) => index > first && line.startsWith('[ ', at));
  // The panel's digit precedes its name.
  const inPanel = lines.slice(first, next < 0 ? -footerHeight : next).map((line) => line.slice(at - 2));
  return [inPanel[0]!, ...inPanel.slice(1).map((line) => line.trimEnd())];
}

afterEach(cleanup);

describe('the screen at 80×24', () => {
  const booking = goldenCall('booking');

  it('shows the relay and its addresses', () => {
    const [who, where] = linesOf(modelOf([]));
    expect(who).toMatch(
      /^HZRELAY 0\.1\.0 {2}● READY {2}up 0 min {2}deepgram → openai → elevenlabs +○ rec off$/,
    );
    expect(where).toBe('local 127.0.0.1:8787  public calm-otter.ngrok.app  phone +15550100002');
  });

  it('keeps the space between the words that were heard and those that follow', () => {
    const events = [
      callStart('a3f9b2c1', ''),
      sampleEvent('llm.token', { text: 'Shall I book that?' }),
      sampleEvent('tts.audio_start', {}),
      sampleEvent('agent.heard', { text: 'Shall I book', from: 0 }),
    ];
    expect(linesOf(modelOf(events)).join('\n')).toContain('Shall I book that?');
  });

  it('shows how long the relay has been up', () => {
    const at = (model: DashboardModel, nowMs: number): DashboardModel =>
      modelAfter(model, { type: 'time', nowMs, wallMs: 0 });
    expect(linesOf(at(at(modelOf([]), 1000), 7_500_000))[0]).toContain('up 2 h 4 min');
  });

  it('lists a call with its figures, their trend and both levels', () => {
    const [title, head, row] = panel(linesOf(modelOf(booking.slice(0, -12))), 'SESSIONS');
    expect(title).toMatch(/^1 \[ SESSIONS \] 1 live, 0 ended ─+ mouth→ear in ms ─$/);
    expect(head!.trim().split(/\s+/)).toEqual([
      'id',
      'via',
      'caller',
      'state',
      'time',
      'turn',
      'last',
      'p50',
      'p95',
      'trend',
      'c',
      'a',
    ]);
    expect(row).toMatch(/^▸ a3f9b2c1 twilio \+15550100001 \w+ +\d:\d\d +4 +\d+ +\d+ +\d+ [▁-█]{4} /);
  });

  it('shows the SYS_LOG, each line with its time in the call, and a cursor after it', () => {
    const [title, ...lines] = panel(linesOf(modelOf(booking)), 'SYS_LOG');
    expect(title).toMatch(/^4 \[ SYS_LOG \] following ─+ call time ─$/);
    expect(lines.at(-1)).toBe('_');
    expect(lines.at(-2)).toMatch(
      /^ +\d:\d\d\.\d {2}INFO {2}session a3f9b2c1 ended: completed after \d+\.\ds$/,
    );
    expect(lines.some((line) => / OK {4}mouth→ear: \d+ms$/.test(line))).toBe(true);
  });

  it('shows the time of day instead if it is chosen', () => {
    const noon = new Date(2026, 1, 3, 12, 0, 30).getTime();
    const timed = modelAfter(modelOf([], small, { times: 'day' }), { type: 'time', nowMs: 9, wallMs: noon });
    const model = booking.reduce((now, event) => modelAfter(now, { type: 'event', event }), timed);
    const lines = linesOf(model);
    expect(panel(lines, 'SYS_LOG')[0]).toMatch(/ time of day ─$/);
    expect(panel(lines, 'SYS_LOG').at(-2)).toMatch(/^12:00:30 {2}INFO/);
    // The call began a moment earlier.
    expect(panel(lines, 'SESSIONS')[2]).toContain('12:00:29');
  });

  it('shows whether the log follows, and which session it is limited to', () => {
    const title = (ui: Partial<DashboardUi>): string =>
      panel(linesOf(modelOf(booking, small, ui)), 'SYS_LOG')[0]!;
    expect(title({ logUntil: 20 })).toMatch(/\] held \+\d+ ─/);
    expect(title({ onlySelected: true })).toContain('following only a3f9b2c1');
  });

  it('says what to do if there are no calls', () => {
    expect(linesOf(modelOf([])).join('\n')).toContain('press t for a phone call');
  });

  it('has the keys at its bottom, below a status too', () => {
    const keys = /^t phone {2}w web .* … \+\d+ +\? help {2}q quit$/;
    expect(linesOf(modelOf([])).at(-1)).toMatch(keys);
    const said = linesOf(modelAfter(modelOf([]), { type: 'status', text: 'No browser found.', tone: 'bad' }));
    expect(said.at(-2)).toMatch(/^✗ No browser found\./);
    expect(said.at(-1)).toMatch(keys);
  });

  it('numbers its panels in order, and names the one that does not fit', () => {
    const lines = linesOf(modelOf(booking));
    const titles = lines.flatMap((line) => /^\d \[ \w+ \]/.exec(line)?.[0] ?? []);
    expect(titles).toEqual(['1 [ SESSIONS ]', '3 [ TRANSCRIPT ]', '4 [ SYS_LOG ]']);
    expect(lines.at(-2)).toMatch(/ … \+1: 2 LATENCY$/);
  });

  it('asks before it ends calls', () => {
    const asking = modelOf([callStart()], small, { prompt: { type: 'quit' } });
    expect(linesOf(asking).at(-2)).toContain('1 call is running. End and quit?');
  });

  it('has all keys on one help screen', () => {
    const help = linesOf(modelOf([], small, { helpFrom: 0 }));
    expect(help).toHaveLength(24);
    for (const word of ['simulated phone call', 'Ctrl-C', 'filter by words', 'Esc']) {
      expect(help.join('\n')).toContain(word);
    }
    expect(help.join('\n')).not.toContain('…  ');
    expect(help[2]).not.toContain('lines');
  });

  it('shows how many lines of the help are left if it does not fit', () => {
    const low = { columns: 80, rows: 15 };
    expect(linesOf(modelOf([], low, { helpFrom: 0 }))[2]).toMatch(/… \+4 lines/);
    expect(linesOf(modelOf([], low, { helpFrom: 4 })).join('\n')).toContain('one step back');
  });
});

describe('the screen at 160×50', () => {
  it('has every panel, in two columns', () => {
    const lines = linesOf(modelOf(goldenCall('booking'), wide));
    expect(lines).toHaveLength(50);
    expect(lines[2]).toMatch(/^1 \[ SESSIONS \].*─ {2}3 \[ LATENCY \]/);
    expect(lines.join('\n')).toMatch(/2 \[ SYS_LOG \] following/);
    expect(lines.join('\n')).toMatch(/4 \[ TRANSCRIPT \] a3f9b2c1 \+15550100001/);
  });

  it('shows the parts of a turn on a time axis, each measured or estimated', () => {
    const events = [callStart(), turnAnswered(1, 1500, { ear: 'estimated' })];
    const latency = panel(linesOf(modelOf(events, wide)), 'LATENCY');
    expect(latency[1]).toMatch(/^mouth→ear {3}1500 ms {2}estimated {2}slow/);
    expect(latency[2]!.trim()).toMatch(/^0 .*500 .*1000 .*1250$/);
    const [endpointing, llm, playout] = latency.slice(3, 6);
    expect(endpointing).toMatch(/^endpointing █+ +┊ +600 ms measured/);
    expect(llm).toMatch(/^llm +█+ +750 ms measured/);
    expect(playout).toMatch(/^playout +┊ +█+ +150 ms estimated/);
    // Each part begins where the previous one ends.
    expect(llm!.indexOf('█')).toBe(endpointing!.lastIndexOf('█') + 1);
    expect(playout!.indexOf('█')).toBe(llm!.lastIndexOf('█') + 1);
  });

  it('says why a turn has no figure', () => {
    const greeted = goldenCall('booking').slice(0, 5);
    expect(panel(linesOf(modelOf(greeted, wide)), 'LATENCY').join('\n')).toContain('no turn to answer');
  });

  it('shows words being spoken, and where the agent was cut off', () => {
    const call = goldenCall('barge-in');
    const partial = call.findIndex(({ type }) => type === 'agent.interrupted');
    const transcript = panel(linesOf(modelOf(call.slice(0, partial + 1), wide)), 'TRANSCRIPT');
    expect(transcript[1]).toMatch(/^agent {3}Hello, this is the ‖ cut/);
    expect(transcript[2]).toMatch(/^caller {2}stop i want to ▍/);
  });

  it('shows the session of each log line if there are several', () => {
    const lines = linesOf(modelOf([callStart(), callStart('b7d1e4f2')], wide));
    expect(panel(lines, 'SYS_LOG').join('\n')).toMatch(/session b7d1e4f2 +b7d1e4f2/);
  });
});

describe('any screen', () => {
  it('shows the same with and without colour', () => {
    const model = modelOf(goldenCall('booking'), wide);
    expect(linesOf(model, true)).toEqual(linesOf(model, false));
  });

  it('says how much room it needs', () => {
    expect(linesOf(modelOf([], { columns: 50, rows: 10 })).join(' ')).toContain(
      `the dashboard needs ${smallestSize.columns}×${smallestSize.rows}`,
    );
  });

  it.each([60, 69, 74, 75, 80, 92, 108, 129, 130, 200])(
    'fits the list of sessions into %i columns, with the levels last',
    (columns) => {
      const [, head, row] = panel(
        linesOf(modelOf(goldenCall('booking').slice(0, -1), { columns, rows: 40 })),
        'SESSIONS',
      );
      expect(head!.slice(0, columns).trimEnd()).toMatch(/ last +p50 .*(c a|caller +agent)/);
      expect(row!).toMatch(/^▸ a3f9b2c1 +twilio/);
      expect(`${head!}${row!}`).not.toMatch(/p9…|…$/);
    },
  );

  it('asks its questions even if nothing else fits', () => {
    const asking = modelOf([callStart()], { columns: 50, rows: 10 }, { prompt: { type: 'quit' } });
    expect(linesOf(asking)).toEqual(['1 call is running. End and quit?  y yes, any othe…']);
  });

  it('adapts to a new terminal size', () => {
    const model = modelOf(goldenCall('booking'), wide);
    const { rerender, lastFrame } = render(screen(model));
    const narrow = modelAfter(model, { type: 'resized', ...small });
    rerender(screen(narrow));
    expect(withoutStyles(lastFrame()!)).toEqual(linesOf(narrow));
    expect(linesOf(narrow)).toHaveLength(24);
  });

  it('fills the terminal and never overflows it, at any size and for any words', () => {
    const said = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 120 }),
      fc.string({ unit: anyCharacter, maxLength: 60 }),
      fc.constantFrom(
        '予約をお願いします 👩‍👩‍👧',
        '\u001b[2J\u001b[31mred\u0007',
        'a\r\nb\tc',
        '\u202eevil',
        '❤️❤️❤️',
      ),
    );
    const size = fc.record({
      columns: fc.integer({ min: smallestSize.columns, max: 220 }),
      rows: fc.integer({ min: smallestSize.rows, max: 70 }),
    });
    const focus = fc.constantFrom('sessions', 'log', 'latency', 'transcript');
    fc.assert(
      fc.property(said, size, focus, fc.boolean(), (text, terminal, focused, zoomed) => {
        const events = [
          callStart('a3f9b2c1', text),
          sampleEvent('transcript.partial', { text }),
          sampleEvent('transcript.final', { text, typed: false }),
          sampleEvent('llm.token', { text }),
          sampleEvent('llm.tool_call', { callId: '1', name: text, arguments: text }),
          sampleEvent('agent.interrupted', { heardText: text.slice(0, 3), by: 'caller', heard: 'measured' }),
          sampleEvent('error', { message: text }),
          turnAnswered(1, 1234),
        ];
        const model = modelOf(events, terminal, {
          focus: focused,
          zoomed,
          verbose: true,
        });
        const lines = linesOf(model);
        expect(lines).toHaveLength(terminal.rows);
        expect(fitted(lines, terminal.columns)).toEqual(lines.map((line) => line.trimEnd()));
        for (const line of lines) {
          expect(line).not.toMatch(/\p{Cc}|\p{Cs}|\u202e/u);
        }
      }),
      { numRuns: runs(100) },
    );
  });
});

describe('the keyboard', () => {
  async function pressed(...keys: string[]): Promise<KeyPress[]> {
    const heard: KeyPress[] = [];
    const { stdin } = render(
      <Screen
        model={modelOf([])}
        colour={false}
        onKeyPress={(key) => heard.push(key)}
        onTranscriptMeasured={ignoreMeasure}
      />,
    );
    // Ink reads keys once its effects have run.
    await new Promise(setImmediate);
    for (const key of keys) {
      stdin.write(key);
      // A single Escape may begin a longer sequence, so Ink waits for a moment.
      await new Promise(setImmediate);
    }
    await new Promise(setImmediate);
    return heard;
  }

  it('gives a name for a key that types no text', async () => {
    const keys = [
      '\u001b[A',
      '\u001b[B',
      '\u001b[C',
      '\u001b[D',
      '\u001b[5~',
      '\u001b[6~',
      '\u001b[H',
      '\u001b[F',
    ];
    expect(await pressed(...keys, '\r', '\t', '\u001b[Z', '\u007f', '\u0003', '\u001b')).toEqual(
      ['up', 'down', 'right', 'left', 'page_up', 'page_down', 'home', 'end']
        .concat('enter', 'tab', 'back_tab', 'backspace', 'interrupt', 'escape')
        .map((name) => ({ name })),
    );
  });

  it('gives the typed text otherwise, in any script', async () => {
    expect(await pressed('t', 'G', ' ', '/', '予', 'pasted')).toEqual(
      ['t', 'G', ' ', '/', '予', 'pasted'].map((typed) => ({ typed })),
    );
  });

  it('ignores keys pressed with Ctrl or Alt', async () => {
    expect(await pressed('\u0001', '\u001bx')).toEqual([]);
  });
});
