import { describe, expect, it } from '@jest/globals';
import { introduction, type RelayFacts } from './introduction.js';

const here: RelayFacts = {
  version: '1.2.3',
  readyMs: 812.4,
  url: 'http://127.0.0.1:8787',
  agentFile: null,
  providers: { stt: 'local', llm: 'local', tts: 'local' },
  phoneNumber: null,
  isRecording: false,
  isOpening: false,
  publicUrl: null,
  checksSignatures: false,
  token: null,
  recording: 'fixtures/audio/book-my-appointment.wav',
};
const abroad: RelayFacts = {
  ...here,
  publicUrl: 'https://example.ngrok.app',
  checksSignatures: true,
  token: 'WMAiM6TvBCzDqpovbWZWMtwkSOEUcKpN',
};

describe('the introduction of a relay', () => {
  it('says where it is, what to try, and how to reach it by phone', () => {
    expect(introduction(here)).toEqual([
      'hzrelay 1.2.3 is ready on http://127.0.0.1:8787 (812 ms)',
      '',
      '  Agent    an appointment desk; speech, model and voice are embedded: no keys',
      '  Page     http://127.0.0.1:8787/  talk to it in a browser, or type',
      '  Twilio   set NGROK_AUTHTOKEN, or open a tunnel to port 8787, then start again:',
      '           TWILIO_AUTH_TOKEN=… npx hzrelay dev --public-url https://…',
      '  Try it   npx hzrelay replay fixtures/audio/book-my-appointment.wav \\',
      '             --url http://127.0.0.1:8787',
      '  Stop     Ctrl-C',
      '',
      '[ SYS_LOG ] LIVE',
    ]);
  });

  it('with a public address says what to tell Twilio and how to get in', () => {
    const text = introduction(abroad).join('\n');
    expect(text).toMatch(/voice webhook \(POST\) to\n +https:\/\/example\.ngrok\.app\/twilio\/voice\n/);
    expect(text).toContain('https://example.ngrok.app/?token=WMAiM6TvBCzDqpovbWZWMtwkSOEUcKpN\n');
    expect(text).toContain('export HZRELAY_TOKEN=WMAiM6TvBCzDqpovbWZWMtwkSOEUcKpN');
    expect(text).toMatch(/--url https:\/\/example\.ngrok\.app\n +\(with the same TWILIO_AUTH_TOKEN\)\n/);
  });

  it.each<[string, RelayFacts]>([
    ['with a public address', { ...abroad, checksSignatures: false }],
    ['on every address of the machine', { ...here, url: 'http://0.0.0.0:8787', token: 'abc' }],
  ])('%s and no auth token says that calls are refused, and does not offer to place one', (_where, facts) => {
    const text = introduction(facts).join('\n');
    expect(text).toMatch(/Twilio +closed: .*\n.*without TWILIO_AUTH_TOKEN\. Set it, then start again\./);
    expect(text).not.toContain('Try it');
  });

  it.each([here, abroad, { ...abroad, checksSignatures: false }, { ...here, checksSignatures: true }])(
    'fits into 80 columns',
    (facts) => {
      expect(Math.max(...introduction(facts).map(({ length }) => length))).toBeLessThanOrEqual(80);
    },
  );
});
