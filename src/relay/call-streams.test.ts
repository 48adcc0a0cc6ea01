import { expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CallStreams, type CallStream } from './call-streams.js';

function opened(streams: CallStreams, callSid: string, answer: number): CallStream {
  const stream = streams.open(callSid, answer);
  if (!stream) throw new Error('It was refused.');
  return stream;
}

it('gives a call to one stream, and others calls to theirs', async () => {
  const streams = new CallStreams();
  const [one, other] = [opened(streams, 'CA1', 1), opened(streams, 'CA2', 2)];
  await Promise.all([one.ready, other.ready]);
  expect([streams.has('CA1'), streams.has('CA2'), streams.has('CA3')]).toEqual([true, true, false]);
  one.close();
  one.close();
  expect([streams.has('CA1'), streams.has('CA2'), other.replaced]).toEqual([false, true, false]);
});

it('lets a later stream begin when the earlier one is over', async () => {
  const streams = new CallStreams();
  const order: string[] = [];
  const first = opened(streams, 'CA1', 1);
  first.onReplaced(() => order.push('first ends'));
  const second = opened(streams, 'CA1', 2);
  void second.ready.then(() => order.push('second begins'));
  await nextTurn();
  expect(order).toEqual(['first ends']);
  first.close();
  await second.ready;
  expect(order).toEqual(['first ends', 'second begins']);
  expect(streams.has('CA1')).toBe(true);
  second.close();
  expect(streams.has('CA1')).toBe(false);
});

it('refuses a stream of an earlier answer once a later one is there', () => {
  const streams = new CallStreams();
  const later = opened(streams, 'CA1', 2);
  expect(streams.open('CA1', 1)).toBeNull();
  expect(later.replaced).toBe(false);
});

it('lets the last of many begin, and the others end in turn', async () => {
  const streams = new CallStreams();
  const ended: number[] = [];
  const all = Array.from({ length: 5 }, (_, i) => opened(streams, 'CA1', i + 1));
  for (const [i, stream] of all.entries())
    void stream.ready.then(() => {
      stream.onReplaced(() => {
        ended.push(i);
        stream.close();
      });
    });
  await all[4]?.ready;
  expect(ended).toEqual([0, 1, 2, 3]);
  expect(all.map(({ replaced }) => replaced)).toEqual([true, true, true, true, false]);
});
