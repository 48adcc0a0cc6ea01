import { describe, expect, it } from '@jest/globals';
import { connectStreamTwiml, hangUpTwiml, rejectBusyTwiml, sayAndHangUpTwiml } from './twiml.js';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

describe('TwiML answers', () => {
  it('connect a call to a stream, with escaped parameters', async () => {
    const twiml = await connectStreamTwiml({
      streamUrl: 'wss://relay.example/twilio/media',
      actionUrl: 'https://relay.example/twilio/after',
      parameters: { token: 'abc', greeting: 'a & "b" <c>' },
    });
    expect(twiml).toBe(
      `${declaration}<Response><Connect action="https://relay.example/twilio/after"><Stream url="wss://relay.example/twilio/media">` +
        '<Parameter name="token" value="abc"/><Parameter name="greeting" value="a &amp; &quot;b&quot; &lt;c>"/>' +
        '</Stream></Connect></Response>',
    );
  });

  it('reject, hang up and speak', async () => {
    expect(await rejectBusyTwiml()).toBe(`${declaration}<Response><Reject reason="busy"/></Response>`);
    expect(await hangUpTwiml()).toBe(`${declaration}<Response><Hangup/></Response>`);
    expect(await sayAndHangUpTwiml('Sorry & goodbye.')).toBe(
      `${declaration}<Response><Say>Sorry &amp; goodbye.</Say><Hangup/></Response>`,
    );
  });
});
