import { liveCount, type DashboardModel } from '../model/dashboard-model.js';
import type { RelayState } from '../model/relay-facts.js';
import { selectedSession } from '../model/selection.js';
import { clippedRow, span, spreadRow, type Colour, type Row } from './styled-text.js';

const states: Readonly<Record<RelayState, readonly [text: string, colour: Colour]>> = {
  starting: ['STARTING', 'yellow'],
  connecting: ['CONNECTING', 'yellow'],
  ready: ['READY', 'green'],
  draining: ['DRAINING', 'yellow'],
  failed: ['FAILED', 'red'],
};

/** What the relay is and how to reach it, in two lines. */
export function headerRows(model: DashboardModel, width: number): readonly [Row, Row] {
  const { relay } = model;
  const [state, colour] = states[relay.state];
  const recording = relay.recording
    ? [span('● REC', { colour: 'red', bold: true })]
    : [span(relay.recording === null ? '' : '○ rec off', { dim: true })];
  const who: Row = [
    span('HZRELAY', { bold: true, colour: 'cyan' }),
    span(` ${relay.version}  `, { dim: true }),
    span(`● ${state}`, { bold: true, colour }),
    ...labelled('local', relay.localUrl?.replace('http://', '') ?? '–'),
    ...labelled('public', relay.publicUrl ?? 'none'),
  ];
  const what: Row = [
    ...labelled('phone', relay.phoneNumber ?? 'none', ''),
    ...providerSpans(model),
    ...labelled('calls', String(liveCount(model))),
  ];
  return [clippedRow(who, width), spreadRow(what, recording, width)];
}

/** The providers of the selected session, which may have changed during the call; before a call, the relay's. */
function providerSpans(model: DashboardModel): Row {
  const providers = selectedSession(model)?.providers ?? model.relay.providers;
  if (!providers) return [];
  return (['stt', 'llm', 'tts'] as const).flatMap((kind) => labelled(kind, providers[kind]));
}

function labelled(label: string, value: string, gap = '  '): Row {
  return [span(`${gap}${label} `, { dim: true }), span(value)];
}
