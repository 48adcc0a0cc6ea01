import { createParser, type ParseError } from 'eventsource-parser';

/** Limit for one event, far above real ones, so that an event without an end cannot exhaust the memory. */
const maxEventChars = 4_000_000;

/**
 * The data of the server-sent events in each chunk of a response body, `[DONE]` included, which the SDK's own reader does not report.
 * Two kinds of line outside the standard count as data of their own: JSON without a field name, and the `error:` field
 * of older llama.cpp servers. An empty list stands for a chunk without data, which shows that the server is alive. The last
 * event needs no blank line after it. Ending the iteration early cancels the body. Throws what the connection throws.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* eventData(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<readonly string[], undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let found: string[] = [];
  const parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent: ({ data }) => found.push(data),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
      found.push(...dataOutsideTheStandard(error));
    },
  });
  let isOver = false;
  try {
    while (!isOver) {
      const { value, done } = await reader.read();
      isOver = done;
      parser.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
      const batch = found;
      found = [];
      if (batch.length > 0 || !done) yield batch;
    }
  } finally {
    // Not awaited: a hanging connection would block the caller.
    if (!isOver) void reader.cancel().catch(() => undefined);
  }
}

function dataOutsideTheStandard({ type, field, value, line = '' }: ParseError): readonly string[] {
  if (type !== 'unknown-field') return [];
  if (field === 'error') return [`{"error":${value ?? ''}}`];
  return line.startsWith('{') || line.startsWith('[') ? [line] : [];
}
