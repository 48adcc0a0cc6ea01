import { describe, expect, it } from '@jest/globals';
import { eventData } from './event-stream.js';

function streamOf(text: string, size = text.length): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
      controller.close();
    },
  });
}

async function read(text: string, size?: number): Promise<(string | null)[]> {
  const found = [];
  for await (const data of eventData(streamOf(text, size))) found.push(data);
  return found.filter((data) => data !== null);
}

describe('the data of a stream', () => {
  it.each([1, 2, 5, 1000])(
    'are found in pieces of %d bytes, with line feeds or carriage returns',
    async (size) => {
      expect(await read('data: {"a":"é"}\r\n\r\ndata: {"b":2}\n\n', size)).toEqual(['{"a":"é"}', '{"b":2}']);
    },
  );

  it('end without a blank line', async () => {
    expect(await read('data: {"a":1}')).toEqual(['{"a":1}']);
  });

  it.each([3, 1000])('include an error as JSON in lines of its own', async (size) => {
    const error = { error: { code: 503, message: 'Overloaded: later, please.', details: [{ a: 1 }] } };
    const found = await read(`data: {"a":1}\r\n\r\n${JSON.stringify(error, null, 2)}\n`, size);
    expect(found.map((data) => JSON.parse(data ?? '') as unknown)).toEqual([{ a: 1 }, error]);
  });

  it('do not include other lines', async () => {
    expect(await read('<html>\nretry: 3\nnonsense\n: a comment\n\ndata: 1\n\n')).toEqual(['1']);
  });

  it('stand as null for a chunk without any', async () => {
    const found = [];
    for await (const data of eventData(streamOf('data: 1\n\n', 4))) found.push(data);
    expect(found).toContain(null);
  });
});
