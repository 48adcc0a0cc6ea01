import type { DashboardModel } from '../model/dashboard-model.js';
import type { RelayState } from '../model/relay-facts.js';
import { selectedSession } from '../model/selection.js';
import { uptimeText } from './figures.js';
import { span, type Colour, type Row } from './span.js';

const states: Readonly<Record<RelayState, readonly [text: string, colour: Colour]>> = {
  starting: ['STARTING', 'yellow'],
  connecting: ['CONNECTING', 'yellow'],
  ready: ['READY', 'green'],
  draining: ['DRAINING', 'yellow'],
  failed: ['FAILED', 'red'],
};
/** Narrower headers omit the names of the stages, whose order is fixed. */
const namesStagesFrom = 100;

/** The relay's state, providers and addresses in two lines. */
export function header(model: DashboardModel): {
  readonly what: Row;
  readonly recording: Row;
  readonly where: Row;
} {
  const { relay, nowMs, openedMs } = model;
  const [state, colour] = states[relay.state];
  return {
    what: [
      span('HZRELAY', { bold: true, colour: 'cyan' }),
      span(` ${relay.version}  `, { dim: true }),
      span(`● ${state}`, { bold: true, colour }),
      ...labelled('up', uptimeText(nowMs - (openedMs ?? nowMs))),
      ...providerSpans(model),
    ],
    recording: relay.recording
      ? [span('● REC', { colour: 'red', bold: true })]
      : relay.recording === null
        ? []
        : [span('○ rec off', { dim: true })],
    where: [
      ...labelled('local', relay.localUrl?.replace('http://', '') ?? '–', ''),
      ...labelled('public', relay.publicUrl?.replace('https://', '') ?? 'none'),
      ...labelled('phone', relay.phoneNumber ?? 'none'),
    ],
  };
}

/** The current providers of the selected session; without a session, the relay's. */
function providerSpans(model: DashboardModel): Row {
  const providers = selectedSession(model)?.providers ?? model.relay.providers;
  if (!providers) return [];
  const { stt, llm, tts } = providers;
  if (model.ui.columns < namesStagesFrom) return [span(`  ${[stt, llm, tts].join(' → ')}`)];
  return [...labelled('stt', stt), ...labelled('llm', llm), ...labelled('tts', tts)];
}

function labelled(label: string, value: string, gap = '  '): Row {
  return [span(`${gap}${label} `, { dim: true }), span(value)];
}
