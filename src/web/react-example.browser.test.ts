/** examples/react in a real browser: a page of another site, through `hzrelay/react` and `hzrelay/browser`. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import type { SpeechToText } from '../providers/speech-to-text.js';
import { PageRelay } from '../../test/harness/page-relay.js';
import { PageVisit } from '../../test/harness/page-visit.js';
import { serveReactExample } from '../../test/harness/react-example.js';

/** The visitor types. What the browser's microphone plays would interrupt the answer on a slow machine. */
const deaf: SpeechToText = {
  name: 'deaf',
  accepts: { encodings: ['linear16'], sampleRatesHz: 'any' },
  open: () => ({ write: () => undefined, flush: () => undefined, close: () => Promise.resolve() }),
};

let site: PageRelay;
let server: Server;
let url: string;

beforeAll(async () => {
  site = await PageRelay.launch();
  ({ server, url } = await serveReactExample(() => site.relay.url));
});

afterAll(async () => {
  server.close();
  await site.close();
});

describe('the React example', () => {
  it('calls from another site when the visitor types, shows both sides, and measures the ear', async () => {
    await site.start({ allowedOrigins: [url] }, { stt: deaf, turnTaking: { voiceThreshold: 1 } });
    const visitor = await PageVisit.open(site.browser, url);
    const turn = site.next('turn.end');
    await visitor.type('book my appointment');
    await visitor.says(/^Live$/);
    const { latency, heardText } = await turn;
    expect(heardText).toBe('book my appointment');
    expect(latency).toMatchObject({ ear: 'measured', absent: null });
    const { page } = visitor;
    await page.getByText(`The last answer came after ${Math.round(latency.mouth_to_ear_ms!)} ms.`).waitFor();
    expect(await page.locator('.transcript li').allInnerTexts()).toEqual([
      'book my appointment',
      'book my appointment',
    ]);
    expect(await page.getByRole('alert').allInnerTexts()).toEqual([]);

    const ended = site.next('session.end');
    await visitor.button('Hang up').click();
    expect(await ended).toMatchObject({ reason: 'hangup' });
    await visitor.button('Call').waitFor();
    expect(
      visitor.complaints.filter((complaint) => !complaint.startsWith(`asked ${site.relay.url}`)),
    ).toEqual([]);
    await site.end();
  });
});
