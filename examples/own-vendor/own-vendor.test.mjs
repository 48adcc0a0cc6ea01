// Tests of the three vendors, a model for your own: contracts, configs, calls and failures.
//
//   node --test examples/own-vendor/own-vendor.test.mjs
//
// Any other test runner works too.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ConfigError, createRelay, systemClock } from 'hzrelay';
import {
  languageModelContract,
  simulateCall,
  speechToTextContract,
  textToSpeechContract,
} from 'hzrelay/testing';
import { acmeLlm, acmeModel } from './llm.mjs';
import { startAcme } from './server.mjs';
import { acmeRecogniser, acmeStt } from './stt.mjs';
import { acmeTts, acmeVoice } from './tts.mjs';

const providers = [acmeStt, acmeLlm, acmeTts];
const question = 'book my appointment';
const answer = 'Of course, for how many of you shall it be?';

/** Starts Acme on this machine and a relay that uses it; `more` gets Acme's account and returns other config fields. */
async function startAll(more) {
  const acme = await startAcme({ hears: [question], answers: () => answer });
  const { apiKey, baseUrl } = acme;
  const account = { apiKey, baseUrl };
  const session = {
    agent: { systemPrompt: 'You take bookings.' },
    stt: acmeStt.config(account),
    llm: acmeLlm.config(account),
    tts: acmeTts.config(account),
    ...more?.(account),
  };
  const relay = createRelay({ port: 0, providers, session });
  await relay.listen();
  const close = async () => {
    await relay.close();
    await acme.close();
  };
  return { acme, relay, close };
}

describe('the contracts', () => {
  let acme;
  before(async () => (acme = await startAcme({ hears: [question], answers: () => answer })));
  after(() => acme.close());
  const account = (apiKey = acme.apiKey) => ({ apiKey, baseUrl: acme.baseUrl, clock: systemClock });
  const suites = {
    stt: speechToTextContract({ create: () => acmeRecogniser(account()), utterance: question }),
    llm: languageModelContract({
      create: () => acmeModel(account()),
      createFailing: () => acmeModel(account('wrong')),
    }),
    tts: textToSpeechContract({ create: () => acmeVoice(account()) }),
  };
  for (const [kind, suite] of Object.entries(suites)) {
    for (const { name, run } of suite.cases) test(`${kind} ${name}`, run);
    after(() => suite.close());
  }
});

describe('a config that cannot be used', () => {
  const apiKey = 'any-key';
  const cases = [
    [
      'a misspelt field',
      { tts: { provider: 'acme', apiKey, voise: 'ann' } },
      /tts\.voise: .*Did you mean voice/,
    ],
    [
      'a value of the wrong kind',
      { llm: acmeLlm.config({ apiKey, temperature: 3 }) },
      /llm\.temperature: is 3\./,
    ],
    [
      'a value that is not allowed',
      { stt: { provider: 'acme', apiKey, language: 'xx' } },
      /stt\.language: is 'xx'\. .*'en', 'de'/,
    ],
    ['no key', { llm: { provider: 'acme' } }, /llm\.apiKey: is missing\. .*ACME_API_KEY/],
    [
      'a rule between fields',
      { tts: acmeTts.config({ apiKey, voice: 'bob', speed: 2 }) },
      /tts\.speed: is 2\. .*choose 'ann'/,
    ],
    ['another kind', { stt: { provider: 'groq' } }, /stt\.provider: 'groq' is another kind.*'acme'/],
  ];
  for (const [what, session, expected] of cases)
    test(`names field and remedy: ${what}`, () => {
      const make = () => createRelay({ providers, session });
      assert.throws(make, (thrown) => thrown instanceof ConfigError && expected.test(thrown.message));
    });

  test('a key that is refused stops the start', async () => {
    const { acme, close } = await startAll();
    const llm = acmeLlm.config({ apiKey: 'wrong', baseUrl: acme.baseUrl });
    const relay = createRelay({ port: 0, providers, session: { agent: { systemPrompt: '' }, llm } });
    await assert.rejects(relay.listen(), /acme \(llm\) answered 401: is the key in ACME_API_KEY right\?/);
    await relay.close();
    await close();
  });
});

describe('a whole call', { concurrency: true }, () => {
  for (const via of ['twilio', 'webrtc'])
    test(`is heard, answered and spoken (${via})`, async () => {
      const { acme, relay, close } = await startAll();
      const { events, turns } = await simulateCall({ relay, via, says: [question] });
      await close();
      assert.ok(turns.every(({ answered }) => answered));
      assert.deepEqual(textsOf(events), { heard: [question], said: [answer], played: [answer] });
      const { providers: names } = events.find(({ type }) => type === 'session.start');
      assert.deepEqual(names, { stt: 'acme', llm: 'acme', tts: 'acme' });
      assert.deepEqual(problemsOf(events), []);
      assert.deepEqual(acme.requests, { account: 3, stt: 1, llm: 1, tts: 1 });
    });
});

describe('a service that fails', { concurrency: true }, () => {
  const spare = { stt: { provider: 'local' }, llm: () => answer, tts: { provider: 'local' } };
  const definitions = { stt: acmeStt, llm: acmeLlm, tts: acmeTts };

  for (const kind of ['stt', 'llm', 'tts']) {
    for (const how of ['drop', 500])
      test(`once is retried, and no word is lost or doubled: ${kind}, ${how}`, async () => {
        const { acme, relay, close } = await startAll();
        acme.fail({ kind, how });
        const { events } = await simulateCall({ relay, says: [question] });
        await close();
        assert.deepEqual(textsOf(events), { heard: [question], said: [answer], played: [answer] });
        assert.deepEqual(problemsOf(events), [
          how === 'drop' ? 'connection' : 'server',
          'provider.reconnect',
        ]);
      });

    test(`with a refused key is not retried, and the next candidate takes over (${kind})`, async () => {
      const { acme, relay, close } = await startAll((account) => ({
        [kind]: [definitions[kind].config(account), spare[kind]],
      }));
      acme.fail({ kind, how: 401, times: 9 });
      const { events } = await simulateCall({ relay, says: [question] });
      await close();
      assert.deepEqual(textsOf(events), { heard: [question], said: [answer], played: [answer] });
      assert.deepEqual(problemsOf(events), ['auth', 'provider.failover']);
      assert.equal(acme.requests[kind], 1);
    });
  }
});

/** The caller's words, the model's answers, and the text that was played. */
function textsOf(events) {
  const textsOf = (type, field = 'text') =>
    events.filter((event) => event.type === type).map((event) => event[field]);
  return {
    heard: textsOf('transcript.final'),
    said: textsOf('llm.response'),
    played: textsOf('turn.end', 'heardText'),
  };
}

/** Categories of failures, and the reactions to them. */
function problemsOf(events) {
  const isProblem = ({ type }) =>
    type === 'error' || type === 'provider.reconnect' || type === 'provider.failover';
  return events.filter(isProblem).map(({ type, category }) => category ?? type);
}
