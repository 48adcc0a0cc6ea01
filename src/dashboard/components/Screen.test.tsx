import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cleanup, render } from 'ink-testing-library';
import type { SessionEvent } from '../../events/session-event.js';
import { callStart, goldenCall, sampleEvent, turnAnswered } from '../../testing/sample-calls.js';
import {
  initialModel,
  modelAfter,
  type DashboardInput,
  type DashboardModel,
} from '../model/dashboard-model.js';
import type { DashboardUi } from '../model/dashboard-ui.js';
import type { KeyPress } from '../model/key-press.js';
import { smallestSize } from '../view/layout.js';
import { textWidth } from '../view/text-width.js';
import { Screen } from './Screen.js';

const small = { columns: 80, rows: 24 };
const wide = { columns: 160, rows: 50 };
const ignoreKeys = (): void => undefined;

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

/** The screen as lines of text, without styles. */
function linesOf(model: DashboardModel, colour = false): string[] {
  const { lastFrame, unmount } = render(<Screen model={model} colour={colour} onKeyPress={ignoreKeys} />);
  const lines = withoutStyles(lastFrame() ?? '');
  unmount();
  return lines;
}

function withoutStyles(frame: string): string[] {
  return stripVTControlCharacters(frame).split('\n');
}

/** What the panel of this name shows. */
function panel(lines: readonly string[], name: string): string[] {
  const first = lines.findIndex((line) => line.includes(`[ ${name} ]`));
  const at = lines[first]!.indexOf(`[ ${name} ]`);
  const next = lines.findIndex((line, index) => index > first && line.startsWith('[ ', at));
  return lines.slice(first, next < 0 ? -1 : next).map((line) => line.slice(at));
}

afterEach(cleanup);

describe('the screen at 80×24', () => {
  const booking = goldenCall('booking');

  it('says what the relay is and how to reach it', () => {
    const [who, what] = linesOf(modelOf([]));
    expect(who).toBe('HZRELAY 0.1.0  ● READY  local 127.0.0.1:8787  public https://calm-otter.ngrok.a…');
    expect(what).toContain('phone +15550100002  stt deepgram  llm openai  tts elevenlabs  calls 0');
  });

  it('lists a call with its figures, their trend and who talks', () => {
    const [title, head, row] = panel(linesOf(modelOf(booking.slice(0, -12))), 'SESSIONS');
    expect(title).toMatch(/^\[ SESSIONS \] 1 live, 0 ended ─+ mouth→ear in ms ─$/);
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

  it('shows the log in the form of the SYS_LOG, with a cursor behind it', () => {
    const [title, ...lines] = panel(linesOf(modelOf(booking)), 'SYS_LOG');
    expect(title).toMatch(/^\[ SYS_LOG \] LIVE ─+$/);
    expect(lines.at(-1)).toBe('_');
    expect(lines.at(-2)).toMatch(/^INFO {2}session a3f9b2c1 ended: completed after \d+\.\ds$/);
    expect(lines.some((line) => /^OK {4}mouth→ear: \d+ms$/.test(line))).toBe(true);
  });

  it('says what to do where nobody calls', () => {
    expect(linesOf(modelOf([])).join('\n')).toContain('Press t for a simulated phone call');
  });

  it('has the keys at its bottom, or what came of the last one', () => {
    expect(linesOf(modelOf([])).at(-1)).toMatch(/^t phone {2}w web .* \? help {2}q quit$/);
    const said = modelAfter(modelOf([]), { type: 'status', text: 'No browser found.', tone: 'bad' });
    expect(linesOf(said).at(-1)).toMatch(/^✗ No browser found\. +\? help {2}q quit$/);
  });

  it('asks before it ends calls', () => {
    const asking = modelOf([callStart()], small, { prompt: { type: 'quit' } });
    expect(linesOf(asking).at(-1)).toContain('1 call is running. End and quit?');
  });

  it('has all keys on one screen of help', () => {
    const help = linesOf(modelOf([], small, { help: true }));
    expect(help).toHaveLength(24);
    for (const word of ['simulated phone call', 'Ctrl-C', 'filter by words', 'Esc']) {
      expect(help.join('\n')).toContain(word);
    }
  });
});

describe('the screen at 160×50', () => {
  it('has every panel, side by side', () => {
    const lines = linesOf(modelOf(goldenCall('booking'), wide));
    expect(lines).toHaveLength(50);
    expect(lines[2]).toMatch(/^\[ SESSIONS \].*─ {2}\[ LATENCY \]/);
    expect(lines.join('\n')).toMatch(/\[ SYS_LOG \] LIVE/);
    expect(lines.join('\n')).toMatch(/\[ TRANSCRIPT \] a3f9b2c1 \+15550100001/);
  });

  it('lays the parts of a turn out on a time axis, each with its origin', () => {
    const events = [callStart(), turnAnswered(1, 1500, { ear: 'estimated' })];
    const latency = panel(linesOf(modelOf(events, wide)), 'LATENCY');
    expect(latency[1]).toMatch(/^mouth→ear {3}1500 ms {2}estimated {2}slow/);
    expect(latency[2]!.trim()).toMatch(/^0 .*500 .*1000 .*1250$/);
    const [endpointing, llm, playout] = latency.slice(3, 6);
    expect(endpointing).toMatch(/^endpointing █+ +┊ +600 ms measured/);
    expect(llm).toMatch(/^llm +█+ +750 ms measured/);
    expect(playout).toMatch(/^playout +┊ +█+ +150 ms estimated/);
    // The stairs go down: each part begins where the one before ends.
    expect(llm!.indexOf('█')).toBe(endpointing!.lastIndexOf('█') + 1);
    expect(playout!.indexOf('█')).toBe(llm!.lastIndexOf('█') + 1);
  });

  it('says why a turn has no figure', () => {
    const greeted = goldenCall('booking').slice(0, 5);
    expect(panel(linesOf(modelOf(greeted, wide)), 'LATENCY').join('\n')).toContain('it answers nobody');
  });

  it('shows what is being said, and what was cut', () => {
    const call = goldenCall('barge-in');
    const partial = call.findIndex(({ type }) => type === 'agent.interrupted');
    const transcript = panel(linesOf(modelOf(call.slice(0, partial + 1), wide)), 'TRANSCRIPT');
    expect(transcript[1]).toMatch(/^agent {3}Hello, this is the ‖ cut/);
    expect(transcript[2]).toMatch(/^caller {2}stop i want to ▍/);
  });

  it('names the session of each line once there are several', () => {
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
    'has the whole list of sessions at %i columns, levels last',
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

  it('asks its questions where it has no room for anything else', () => {
    const asking = modelOf([callStart()], { columns: 50, rows: 10 }, { prompt: { type: 'quit' } });
    expect(linesOf(asking)).toEqual(['1 call is running. End and quit?  y yes, any othe…']);
  });

  it('follows the terminal to another size', () => {
    const model = modelOf(goldenCall('booking'), wide);
    const { rerender, lastFrame } = render(<Screen model={model} colour={false} onKeyPress={ignoreKeys} />);
    const narrow = modelAfter(model, { type: 'resized', ...small });
    rerender(<Screen model={narrow} colour={false} onKeyPress={ignoreKeys} />);
    expect(withoutStyles(lastFrame()!)).toEqual(linesOf(narrow));
    expect(linesOf(narrow)).toHaveLength(24);
  });

  it('is filled and never overfilled, whatever callers say and however large it is', () => {
    const said = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 120 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
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
        for (const line of lines) {
          expect(textWidth(line)).toBeLessThanOrEqual(terminal.columns);
          expect(line).not.toMatch(/\p{Cc}|\p{Cs}|\u202e/u);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the keyboard', () => {
  async function pressed(...keys: string[]): Promise<KeyPress[]> {
    const heard: KeyPress[] = [];
    const { stdin } = render(
      <Screen model={modelOf([])} colour={false} onKeyPress={(key) => heard.push(key)} />,
    );
    // Ink listens once its effects have run.
    await new Promise(setImmediate);
    for (const key of keys) {
      stdin.write(key);
      // A lone Escape might be the start of a longer sequence: Ink waits for a moment.
      await new Promise(setImmediate);
    }
    await new Promise(setImmediate);
    return heard;
  }

  it('is heard by name where a key types nothing', async () => {
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

  it('is heard by what it types otherwise, in any script', async () => {
    expect(await pressed('t', 'G', ' ', '/', '予', 'pasted')).toEqual(
      ['t', 'G', ' ', '/', '予', 'pasted'].map((typed) => ({ typed })),
    );
  });

  it('is ignored where another key is held with it', async () => {
    expect(await pressed('\u0001', '\u001bx')).toEqual([]);
  });
});
