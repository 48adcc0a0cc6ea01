import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { SessionEvent, SessionEventFields, SessionEventType } from '../events/session-event.js';
import { turnLatency } from '../metrics/turn-latency.js';
import { announcement, maxEntries, transcriptAfter, type Transcript } from './transcript.js';

function golden(name: string): SessionEvent[] {
  const file = new URL(`../../fixtures/golden/${name}.ndjson`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as SessionEvent);
}

function event<T extends SessionEventType>(
  type: T,
  turn: number,
  fields: SessionEventFields[T],
): SessionEvent {
  return { type, sessionId: 'a3f9b2c1', atMs: 0, turn, ...fields } as unknown as SessionEvent;
}

function ended(
  turn: number,
  heardText: string,
  aborted: 'interrupted' | 'hangup' | null = null,
): SessionEvent {
  return event('turn.end', turn, { latency: turnLatency({}, null, 'greeting'), aborted, heardText });
}

function after(...events: SessionEvent[]): Transcript {
  return events.reduce(transcriptAfter, []);
}

/** One line per entry: `?` marks caller text that may change; brackets enclose agent text that was not heard. */
function lines(transcript: Transcript): string[] {
  return transcript.map((entry) =>
    entry.side === 'caller'
      ? `you${entry.final ? '' : '?'}: ${entry.text}`
      : `agent, ${entry.progress}: ${entry.heard}${entry.unheard && `[${entry.unheard}]`}`,
  );
}

describe('the transcript', () => {
  it('shows a whole conversation, both sides, in order', () => {
    expect(lines(after(...golden('booking')))).toEqual([
      'agent, said: Hello, this is the appointment desk. How can I help you?',
      'you: book my appointment',
      'agent, said: Which day suits you?',
      'you: friday',
      'agent, said: What time on Friday?',
      'you: at ten thirty',
      'agent, said: Friday at ten thirty. Shall I book that for you?',
      expect.stringMatching(/^you: /),
      expect.stringMatching(/^agent, said: /),
      expect.stringMatching(/^you: /),
      expect.stringMatching(/^agent, said: /),
    ]);
  });

  it('has no agent entry if the agent did not answer', () => {
    const spoken = event('transcript.final', 1, {
      text: 'hello',
      typed: false,
    });
    expect(lines(after(spoken, ended(1, '')))).toEqual(['you: hello']);
  });

  it('cuts the answer where the caller interrupted it', () => {
    expect(lines(after(...golden('barge-in'))).slice(0, 2)).toEqual([
      'agent, cut: Hello, this is the',
      'you: stop i want to cancel my appointment',
    ]);
  });

  it('separates the unheard part of an answer from the heard part', () => {
    const transcript = after(
      event('llm.token', 1, { text: 'You are booked' }),
      event('llm.token', 1, { text: ' for Friday.' }),
      event('tts.audio_start', 1, {}),
      event('agent.interrupted', 1, { heardText: 'You are', by: 'caller', heard: 'measured' }),
      ended(1, 'You are', 'interrupted'),
    );
    expect(lines(transcript)).toEqual(['agent, cut: You are[ booked for Friday.]']);
  });

  it('moves words from those to come to the heard ones while the agent speaks', () => {
    const spoken = [
      event('llm.token', 1, { text: 'You are **booked**' }),
      event('tts.audio_start', 1, {}),
      event('agent.heard', 1, { text: 'You are booked', from: 0 }),
      event('llm.token', 1, { text: ' for Friday.' }),
    ];
    expect(lines(after(...spoken.slice(0, 2)))).toEqual(['agent, speaking: [You are **booked**]']);
    expect(lines(after(...spoken))).toEqual(['agent, speaking: You are **booked[** for Friday.]']);
    expect(lines(after(...spoken, ended(1, 'You are booked for Friday.')))).toEqual([
      'agent, said: You are booked for Friday.',
    ]);
  });

  it('shows the words of a greeting as they are spoken: nothing else has told them', () => {
    const start = event('tts.audio_start', 0, {});
    const words = [
      event('agent.heard', 0, { text: 'Hello,', from: 0 }),
      event('agent.heard', 0, { text: ' this is', from: 6 }),
    ];
    expect(lines(after(start, ...words))).toEqual(['agent, speaking: Hello, this is']);
  });

  it('shows what was heard if it was written in other words', () => {
    const transcript = after(
      event('llm.token', 1, { text: 'At 10:30 then.' }),
      event('agent.heard', 1, { text: 'At half past ten', from: 0 }),
    );
    expect(lines(transcript)).toEqual(['agent, preparing: At half past ten']);
  });

  it('shows the caller’s words while they may still change', () => {
    const transcript = after(
      event('transcript.partial', 1, { text: 'book' }),
      event('transcript.partial', 1, { text: 'book my' }),
    );
    expect(lines(transcript)).toEqual(['you?: book my']);
  });

  it('drops a backchannel when the agent resumes', () => {
    const transcript = after(
      event('llm.response', 1, { text: 'Friday at ten. Is that right?' }),
      event('tts.audio_start', 1, {}),
      event('agent.paused', 1, {}),
      event('transcript.partial', 2, { text: 'uh huh' }),
      event('agent.resumed', 1, { reason: 'backchannel' }),
    );
    expect(lines(transcript)).toEqual(['agent, speaking: [Friday at ten. Is that right?]']);
  });

  it('removes an answer when the caller continues', () => {
    const transcript = after(
      event('transcript.final', 1, { text: 'book my', typed: false }),
      event('llm.token', 1, { text: 'Pardon?' }),
      event('turn.continued', 1, { text: 'book my' }),
    );
    expect(lines(transcript)).toEqual(['you?: book my']);
  });

  it('shows which tools the agent used', () => {
    const call = { callId: '1', name: 'find_slots', arguments: '{}' };
    expect(after(event('llm.tool_call', 1, call))).toMatchObject([{ side: 'agent', tools: ['find_slots'] }]);
  });

  it('starts empty with each session', () => {
    const start = golden('booking')[0]!;
    expect(after(event('transcript.partial', 1, { text: 'book' }), start)).toEqual([]);
  });

  it('keeps unchanged entries identical, so that only changes are drawn', () => {
    const before = after(
      event('transcript.final', 1, { text: 'book', typed: true }),
      event('llm.token', 1, { text: 'Which' }),
    );
    const next = transcriptAfter(before, event('llm.token', 1, { text: ' day?' }));
    expect(next[0]).toBe(before[0]);
    expect(next[1]).not.toBe(before[1]);
    expect(transcriptAfter(next, event('dtmf', 1, { digit: '1' }))).toBe(next);
  });

  it('drops the oldest entries', () => {
    const many = Array.from({ length: maxEntries + 5 }, (_, turn) =>
      event('transcript.final', turn, { text: `${turn}`, typed: true }),
    );
    expect(after(...many)).toHaveLength(maxEntries);
    expect(after(...many).at(-1)).toMatchObject({ turn: maxEntries + 4 });
  });

  it('has no entry for a turn that ended before any words', () => {
    expect(after(ended(1, '', 'hangup'))).toEqual([]);
  });

  it('tells a screen reader whole sentences only', () => {
    expect(announcement(event('transcript.partial', 1, { text: 'book' }))).toBeNull();
    expect(announcement(event('transcript.final', 1, { text: 'book', typed: false }))).toBe('You: book');
    expect(announcement(ended(1, 'Which day?'))).toBe('Agent: Which day?');
    expect(announcement(ended(1, ''))).toBeNull();
  });
});
