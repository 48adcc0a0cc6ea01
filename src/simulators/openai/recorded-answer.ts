import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../core/clock.js';

/**
 * Replays a recorded response: server-sent events unchanged, with lines `#wait 200` for pauses in milliseconds, and a first
 * line `#status 400` for an HTTP error whose body follows.
 */
export function playRecording(recording: string, response: ServerResponse, clock: Clock): void {
  // The header is OpenAI's own, and recordings are of servers that only speak its API.
  response.removeHeader('x-request-id');
  const [, status, body] = /^#status (\d+)\r?\n([^]*)$/.exec(recording) ?? [];
  if (status !== undefined && body !== undefined) {
    response.writeHead(Number(status), { 'content-type': 'application/json' }).end(body);
    return;
  }
  const steps = recording.split(/^#wait (\d+)\r?\n/m);
  let timer: Timer | null = null;
  response.once('close', () => timer?.cancel());
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const send = (index: number): void => {
    const [text = '', waitMs] = steps.slice(index, index + 2);
    if (waitMs === undefined) {
      response.end(text);
      return;
    }
    response.write(text);
    timer = clock.setTimer(Number(waitMs), () => send(index + 2));
  };
  send(0);
}
