import { describe, expect, it } from '@jest/globals';
import { strayErrorLine } from './stray-error.js';

function thrownAt(...frames: string[]): Error {
  const error = new Error('forgot to await');
  error.stack = ['Error: forgot to await', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

const own = new URL('../relay/relay.js', import.meta.url);

describe('an error that no code handled', () => {
  it.each([
    ['a file', 'execute (/home/me/agent.ts:4:13)', '/home/me/agent.ts:4'],
    ['a module', 'async file:///home/me/agent.mjs:12:3', '/home/me/agent.mjs:12'],
    ['a file on Windows', 'execute (C:\\me\\agent.ts:4:13)', 'C:\\me\\agent.ts:4'],
  ])('is told with its place in %s of the user’s', (_, frame, place) => {
    const line = strayErrorLine(
      thrownAt('node:internal/timers:1:2', 'query (/home/me/node_modules/db/index.js:9:9)', frame),
    );
    expect(line).toContain(`unhandled error in ${place}: forgot to await.`);
  });

  it.each<[string, unknown]>([
    ['from this package', thrownAt(`run (${own.href}:1:1)`, 'execute (/home/me/agent.ts:4:13)')],
    ['from a dependency alone', thrownAt('query (/home/me/node_modules/db/index.js:9:9)')],
    ['without a stack', thrownAt()],
    ['that is no error', 'no'],
  ])('is not laid on the user if it is one %s', (_, thrown) => {
    expect(strayErrorLine(thrown)).toBeNull();
  });
});
