import { afterAll, describe, expect, jest } from '@jest/globals';
import { systemClock } from '../core/clock.js';
import type { CallerBehaviour } from '../replay/conversation.js';
import { replayCall, type ReplayResult } from '../replay/replay-call.js';
import { killExamples, startExample } from '../../test/harness/example-process.js';
import { fixturesFor } from '../../test/harness/recordings.js';
import { sideBySide } from '../../test/harness/side-by-side.js';
import { drawn } from '../../test/harness/thorough.js';
import type { TransportType } from '../transport/transport.js';

// Each example is a process of its own that loads its models, and the call takes its time.
jest.setTimeout(180_000);

const beside = sideBySide();
afterAll(killExamples);

async function call(
  url: string,
  via: TransportType = 'twilio',
  behaviour: Partial<CallerBehaviour> = {},
): Promise<ReplayResult> {
  return replayCall({
    url,
    via,
    events: { token: undefined },
    clock: systemClock,
    behaviour,
    recordings: await fixturesFor(via, 'book-my-appointment'),
  });
}

describe('a plain file that uses the package', () => {
  for (const [name, via, greeting] of drawn(
    [
      ['phone-session.mjs', 'twilio', '+15550100001 calls'],
      ['web-session.mjs', 'webrtc', 'a browser calls'],
    ] as const,
    1,
  ))
    beside(`${name} takes a call with an agent, and ends by itself when the caller has left`, async () => {
      const { url, ended } = await startExample(name);
      const { events } = await call(url, via);
      expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.split('\n')).toEqual([
        greeting,
        'caller: book my appointment',
        expect.stringMatching(/^agent: {2}\w/),
        expect.stringMatching(/^mouth→ear: \d+ ms$/),
        'over: hangup',
        '',
      ]);
    });

  beside('drives a call itself, and ends by itself as well', async () => {
    const { url, ended } = await startExample('you-drive.mjs');
    // The caller lets the greeting be heard out, however long its voice takes to load.
    const { events } = await call(url, 'twilio', { greetingWithinMs: 30_000 });
    const heard = events.flatMap((event) => (event.type === 'turn.end' ? event.heardText : []));
    expect(heard).toEqual([
      'Hello. Say something, and I will say it back.',
      'You said: book my appointment.',
    ]);
    expect(await ended).toEqual({
      code: 0,
      stdout: 'said: You said: book my appointment.\nover: hangup\n',
      stderr: '',
    });
  });
});
