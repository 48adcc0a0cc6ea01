import { describe, expect, it } from '@jest/globals';
import type { LlmEvent } from '../language-model.js';
import { AnswerError } from './answer-error.js';
import { Refusal } from './error-body.js';
import { GeminiAnswer } from './gemini-answer.js';

const origin = 'https://here.example';

function newAnswer(): GeminiAnswer {
  let count = 0;
  return new GeminiAnswer({ origin, newId: () => `new_${++count}` });
}

function candidate(parts: readonly unknown[], finishReason?: string): string {
  return JSON.stringify({
    candidates: [{ content: { parts, role: 'model' }, ...(finishReason && { finishReason }) }],
  });
}

function eventsOf(answer: GeminiAnswer, ...messages: readonly string[]): readonly LlmEvent[] {
  return [...messages.flatMap((message) => answer.take(message)), ...answer.end()];
}

describe('an answer of Gemini', () => {
  it('skips and counts what is malformed or unknown, and ends all the same', () => {
    const answer = newAnswer();
    const events = eventsOf(
      answer,
      '{"cand',
      '7',
      '{"weather":"fine"}',
      candidate([{ executableCode: {} }, 5, { functionCall: {} }, { text: 'Hi.' }]),
      '[DONE]',
      candidate([], 'STOP'),
    );
    expect(events).toEqual([
      { type: 'token', text: 'Hi.' },
      { type: 'done', finishReason: 'stop' },
    ]);
    expect([answer.oddCount, answer.oddities.size]).toEqual([6, 5]);
  });

  it('gives each call an id of its own', () => {
    const look = (id?: string): object => ({ functionCall: { name: 'look', ...(id && { id }) } });
    const events = eventsOf(newAnswer(), candidate([look('a'), look('a'), look()], 'STOP'));
    expect(events.map((event) => event.type === 'tool_call' && event.call.id)).toEqual([
      'a',
      'new_1',
      'new_2',
      false,
    ]);
  });

  it('keeps the signature of the text in the first call', () => {
    const events = eventsOf(
      newAnswer(),
      candidate([{ text: 'One ' }, { text: 'moment.', thoughtSignature: 't' }]),
      candidate([{ functionCall: { name: 'look', id: 'a' }, thoughtSignature: 's' }], 'STOP'),
    );
    expect(events.at(-2)).toMatchObject({
      call: {
        extra: {
          origin,
          call: { thoughtSignature: 's', signedText: { text: 'One moment.', thoughtSignature: 't' } },
        },
      },
    });
  });

  it('takes no end from its counts, an unspecified reason or feedback without a block', () => {
    const answer = newAnswer();
    answer.take('{"usageMetadata":{"promptTokenCount":3},"promptFeedback":{"safetyRatings":[]}}');
    answer.take(candidate([{ text: 'Hi.' }], 'FINISH_REASON_UNSPECIFIED'));
    expect(() => answer.end()).toThrow(AnswerError);
    expect(answer.usage).toMatchObject({ inputTokens: 3, outputTokens: 0 });
  });

  it('adds up what counts as input and as output', () => {
    const answer = newAnswer();
    answer.take(
      '{"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":71,"cachedContentTokenCount":4,"toolUsePromptTokenCount":65,"thoughtsTokenCount":89}}',
    );
    expect(answer.usage).toEqual({
      inputTokens: 77,
      cachedInputTokens: 4,
      outputTokens: 160,
      reasoningTokens: 89,
    });
  });

  it('fails with an error in the stream, unless it is complete', () => {
    const error = '{"error":{"code":503,"message":"Overloaded.","status":"UNAVAILABLE"}}';
    expect(() => newAnswer().take(error)).toThrow(Refusal);
    const empty = newAnswer();
    empty.take(candidate([{ text: '' }], 'STOP'));
    expect(() => empty.take(`[${error}]`)).toThrow('Overloaded.');
    expect(eventsOf(newAnswer(), candidate([{ text: 'Hi.' }], 'STOP'), error)).toHaveLength(2);
  });

  it('takes an unknown finish reason for an end if there is an answer', () => {
    expect(eventsOf(newAnswer(), candidate([{ text: 'Hi.' }], 'BORED')).at(-1)).toMatchObject({
      type: 'done',
    });
    expect(() => eventsOf(newAnswer(), candidate([], 'BORED'))).toThrow('BORED');
  });
});
