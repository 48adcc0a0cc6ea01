import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ItemTranscript } from './item-transcript.js';
import { parseRealtimeMessage } from './realtime-messages.js';

describe('messages of a transcription session', () => {
  it.each([
    ['{"type":"session.created","session":{"id":"sess_1"}}', { type: 'created', id: 'sess_1' }],
    [
      '{"type":"input_audio_buffer.committed","item_id":"i","previous_item_id":null}',
      { type: 'committed', itemId: 'i' },
    ],
    [
      '{"type":"conversation.item.input_audio_transcription.delta","item_id":"i","delta":null}',
      { type: 'delta', itemId: 'i', text: '' },
    ],
    [
      '{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":" Hi","usage":7}',
      { type: 'completed', itemId: 'i', text: ' Hi' },
    ],
    [
      '{"type":"error","error":{"code":"input_audio_buffer_commit_empty","message":"x"}}',
      { type: 'nothing' },
    ],
    ['{"type":"rate_limits.updated"}', 'ignored'],
    ['{"type":"conversation.item.fresh"}', 'unknown'],
    ['{"type":"input_audio_buffer.committed"}', 'malformed'],
    ['{"type":"conver', 'malformed'],
    ['[]', 'malformed'],
  ])('%s', (text, expected) => {
    expect(parseRealtimeMessage(text)).toEqual(expected);
  });

  it('that tell of a failure have OpenAI’s words', () => {
    const failed = parseRealtimeMessage(
      '{"type":"conversation.item.input_audio_transcription.failed","item_id":"i","error":{"message":"No.","code":"rate_limit_exceeded"}}',
    );
    expect(failed).toMatchObject({
      type: 'failed',
      itemId: 'i',
      error: { message: 'No.', code: 'rate_limit_exceeded' },
    });
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        parseRealtimeMessage(text);
        parseRealtimeMessage(text.slice(0, -1));
      }),
    );
  });
});

describe('the transcript', () => {
  it('answers each flush once and in order, whatever the order of messages', () => {
    const ids = ['a', 'b', 'c'];
    const completed = ids.map((itemId) => ({ type: 'completed' as const, itemId, text: itemId }));
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.nat(3), (order, early) => {
        const transcript = new ItemTranscript();
        const texts: string[] = [];
        const follow = ({ events }: ReturnType<ItemTranscript['take']>): void => {
          for (const event of events) if (event.type === 'final') texts.push(event.text);
        };
        ids.forEach((_, index) => follow(transcript.flush((index + 1) * 1000)));
        const rest = order.slice(early);
        for (const index of order.slice(0, early)) follow(transcript.take(completed[index]!));
        for (const itemId of ids) follow(transcript.take({ type: 'committed', itemId }));
        for (const index of rest) follow(transcript.take(completed[index]!));
        expect(texts).toEqual(ids);
        expect(transcript.pendingFlushes).toBe(0);
      }),
    );
  });

  it('answers a flush that had too little audio', () => {
    const transcript = new ItemTranscript();
    transcript.flush(50);
    expect(transcript.take({ type: 'nothing' }).events).toMatchObject([{ type: 'final', text: '' }]);
  });

  it('gives the words of a late answer if none were given in its place', () => {
    const transcript = new ItemTranscript();
    transcript.flush(1000);
    expect(transcript.giveUpFlush().events).toMatchObject([{ text: '', untilMs: 0 }]);
    transcript.flush(2000);
    expect(transcript.take({ type: 'committed', itemId: 'a' }).events).toEqual([]);
    transcript.take({ type: 'committed', itemId: 'b' });
    expect(transcript.take({ type: 'completed', itemId: 'a', text: 'late' }).events).toMatchObject([
      { text: 'late', answersFlush: false },
    ]);
    expect(transcript.take({ type: 'completed', itemId: 'b', text: 'now' }).events).toMatchObject([
      { text: 'now', answersFlush: true, untilMs: 2000 },
    ]);
  });
});
