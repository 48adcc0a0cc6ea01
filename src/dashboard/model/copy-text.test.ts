import { expect, it } from '@jest/globals';
import { callStart, sampleEvent } from '../../../test/harness/sample-calls.js';
import { copyText } from './copy-text.js';
import { initialModel, modelAfter, type DashboardModel } from './dashboard-model.js';
import type { Panel } from './dashboard-ui.js';

const relay = {
  version: '0.1.0',
  state: 'ready',
  localUrl: 'http://127.0.0.1:8787',
  publicUrl: null,
  phoneNumber: null,
  providers: null,
  recording: false,
} as const;

/** The dashboard after the caller has typed this text. */
function typed(text: string, focus: Panel): DashboardModel {
  const events = [callStart(), sampleEvent('transcript.final', { text, typed: true })];
  const model = events.reduce<DashboardModel>(
    (before, event) => modelAfter(before, { type: 'event', event }),
    initialModel(relay, { columns: 160, rows: 50 }),
  );
  return { ...model, ui: { ...model.ui, focus } };
}

it.each([
  ['an escape and a line end', 'a\u001b]52;c;eA==\u0007\r\nrm -rf ~\n', 'a ]52;c;eA== rm -rf ~'],
  ['an escape of eight bits', 'a\u009b2Jb', 'a 2Jb'],
  ['a line separator', 'a\u2028b', 'a b'],
  ['a mark that turns the direction', 'a\u202eb\u2066c', 'a b c'],
])('%s that a caller types is copied as one printable line', (_what, text, printed) => {
  expect(copyText(typed(text, 'transcript'))?.text).toBe(`caller: ${printed}\n`);
  const log = copyText(typed(text, 'log'))?.text ?? '';
  expect(log).toContain(printed);
  expect(log.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});
