import { createParser } from 'eventsource-parser';

/** Limit for one event, far above real ones, so that an event without an end cannot exhaust the memory. */
const maxEventChars = 4_000_000;

/**
 * The data of each server-sent event in a response's body. Null stands for a chunk without data, which shows that the server
 * is alive. The last event needs no blank line after it. Ending the iteration early cancels the body. Throws what the
 * connection throws.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string | null> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let found: string[] = [];
  const parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent: ({ data }) => found.push(data),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
    },
  });
  let isOver = false;
  try {
    while (!isOver) {
      const { value, done } = await reader.read();
      isOver = done;
      parser.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
      const events = found;
      found = [];
      if (events.length > 0) yield* events;
      else if (!done) yield null;
    }
  } finally {
    // Not awaited: a hanging connection would block the caller.
    if (!isOver) void reader.cancel().catch(() => undefined);
  }
}
