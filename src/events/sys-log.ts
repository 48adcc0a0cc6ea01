/**
 * The SYS_LOG: each event as one line of plain text after an upper-case tag. Pure, so the terminal, the test page and a
 * log file show the same lines.
 */
import type { SessionEvent } from './session-event.js';

export type LogTag = 'INFO' | 'EVT' | 'OK' | 'WARN' | 'ERR';

export interface LogLine {
  readonly tag: LogTag;
  readonly text: string;
  /** Whether only a detailed view shows the line (partials, tokens, raw speech edges). */
  readonly detail: boolean;
}

/** Callers notice the wait from this mouth→ear on. */
export const slowTurnMs = 1000;

/** The log line of an event. */
export function sysLogLine(event: SessionEvent): LogLine {
  const line = lineOf(event);
  return { ...line, text: printable(line.text) };
}

/**
 * The text on one line, without control characters and bidirectional controls. Text from callers, models, tools and
 * servers must not break the log or control the terminal.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

function lineOf(event: SessionEvent): LogLine {
  switch (event.type) {
    case 'session.start':
      return info(`inbound: ${event.transport} → session ${event.sessionId}`);
    case 'speech.start':
      return evt('speech.start', true);
    case 'speech.end':
      return evt('speech.end', true);
    case 'speech.ignored':
      return evt(`speech.ignored: ${ms(event.lastSpeechMs - event.onsetMs)} of sound without a voice`, true);
    case 'transcript.partial':
      return evt(`transcript.partial: ${quote(event.text)}`, true);
    case 'transcript.final':
      return evt(`${event.typed ? 'typed' : 'speech.start'} → transcript.final: ${quote(event.text)}`);
    case 'turn.start':
      return evt(`turn.start: ${event.turn}`, true);
    case 'turn.continued':
      return evt(`turn.continued: ${event.turn}, the caller went on after ${quote(event.text)}`);
    case 'llm.first_token':
      return evt('llm.first_token', true);
    case 'llm.token':
      return evt(`llm.token: ${quote(event.text)}`, true);
    case 'llm.reasoning':
      return evt(`llm.reasoning: ${quote(event.text)}`, true);
    case 'llm.tool_call':
      return evt(`llm.tool_call: ${event.name}(${event.arguments})`);
    case 'llm.tool_result':
      return event.failed
        ? warn(`llm.tool_result: ${event.name} failed: ${event.result}`)
        : evt(`llm.tool_result: ${event.name} → ${event.result} (${ms(event.durationMs)})`);
    case 'llm.speculation':
      return event.failure === undefined
        ? evt(speculation(event), true)
        : warn(`llm.speculation: the answer that was begun early failed: ${event.failure}`);
    case 'llm.response':
      return evt(`llm.response: ${quote(event.text)}`);
    case 'tts.audio_start':
      return evt('tts.audio_start');
    case 'tts.audio_end':
      return evt(event.cut ? 'tts.audio_end (cut)' : 'tts.audio_end');
    case 'agent.heard':
      return evt(`agent.heard: ${quote(event.text)}`, true);
    case 'agent.paused':
      return evt('agent.paused: the caller makes a sound');
    case 'agent.resumed':
      return evt(`agent.resumed: ${event.reason === 'backchannel' ? 'only a backchannel' : 'no words'}`);
    case 'agent.interrupted':
      return evt(`agent.interrupted → heard: ${quote(event.heardText)}`);
    case 'dtmf':
      return evt(`dtmf: ${event.digit}`);
    case 'turn.end':
      return turnEnd(event);
    case 'provider.request':
      return evt(`provider.request: ${event.kind} ${event.provider} ${event.requestId}`, true);
    case 'provider.reconnect':
      return warn(`provider.reconnect: ${event.kind} ${event.provider}, attempt ${event.attempt}`);
    case 'provider.failover':
      return warn(`provider.failover: ${event.kind} ${event.from} → ${event.to}: ${event.cause}`);
    case 'provider.recovered':
      return info(`provider.recovered: ${event.kind} ${event.provider}`);
    case 'media.resumed':
      return info(`media.resumed: the caller’s audio arrives again after ${seconds(event.gapMs)}`);
    case 'warning':
      return warn(`${event.code}: ${event.message}`);
    case 'error':
      return { tag: 'ERR', text: errorText(event), detail: false };
    case 'session.reconnecting':
      return warn(`session.reconnecting: ${event.cause} Waiting ${seconds(event.windowMs)} for the caller.`);
    case 'session.reconnected':
      return info(`session.reconnected: the caller is back after ${seconds(event.gapMs)}`);
    case 'session.updated':
      return info(`session.updated: ${updated(event)}`);
    case 'session.end':
      return info(`session ${event.sessionId} ended: ${event.reason} after ${seconds(event.durationMs)}`);
  }
}

/** The changed parts, providers with their new names. */
function updated({ changed, providers }: SessionEvent<'session.updated'>): string {
  return changed
    .map((part) => (part === 'language' || part === 'agent' ? part : `${part} ${providers[part]}`))
    .join(', ');
}

function speculation({ outcome, text, leadMs, tokens }: SessionEvent<'llm.speculation'>): string {
  if (outcome === 'adopted') return `llm.speculation: the answer was begun ${ms(leadMs)} early`;
  return `llm.speculation: dropped (${outcome}) after ${ms(leadMs)} and ${tokens} tokens: ${quote(text)}`;
}

function errorText({ message, requestId }: SessionEvent<'error'>): string {
  return requestId === undefined ? message : `${message} (request ${requestId})`;
}

/** A log line as text, with its tag in a fixed column. */
export function formatLogLine(line: LogLine): string {
  return `${line.tag.padEnd(6)}${line.text}`;
}

function turnEnd(event: SessionEvent<'turn.end'>): LogLine {
  const { mouth_to_ear_ms: mouthToEarMs, absent, ear } = event.latency;
  const aborted = event.aborted ? ` (${event.aborted})` : '';
  if (mouthToEarMs === null) {
    // Turns that ran to their end without a figure, such as the greeting, are detail only.
    return evt(`turn.end: ${event.turn}${aborted || ` (${absent ?? 'no figure'})`}`, event.aborted === null);
  }
  const figure = `mouth→ear: ${ms(mouthToEarMs)}${ear === 'estimated' ? ' (estimated)' : ''}${aborted}`;
  return mouthToEarMs >= slowTurnMs ? warn(figure) : { tag: 'OK', text: figure, detail: false };
}

function info(text: string): LogLine {
  return { tag: 'INFO', text, detail: false };
}

function evt(text: string, detail = false): LogLine {
  return { tag: 'EVT', text, detail };
}

function warn(text: string): LogLine {
  return { tag: 'WARN', text, detail: false };
}

function ms(value: number): string {
  return `${value.toFixed(0)}ms`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)}s`;
}

function quote(text: string): string {
  return `'${printable(text)}'`;
}
