import { afterEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { SessionEvent, SessionEventFields, SessionEventType } from '../../../events/session-event.js';
import { turnLatency } from '../../../metrics/turn-latency.js';
import { LightRelay } from '../../../../test/harness/light-relay.js';
import type { RelayOptions } from '../../relay-options.js';
import { RelayMetrics } from '../relay-metrics.js';

let light: LightRelay | null = null;

afterEach(async () => {
  await light?.close();
  light = null;
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  light = await LightRelay.start(options);
  return light;
}

function event<T extends SessionEventType>(type: T, fields: SessionEventFields[T]): SessionEvent {
  return { type, sessionId: 'a3f9b2c1', turn: 1, atMs: 5, ...fields } as unknown as SessionEvent;
}

/** The metrics of a relay, and what a scrape shows of them. */
function counted(): { metrics: RelayMetrics; figures: () => Promise<string[]>; text: () => Promise<string> } {
  const registry = new Registry();
  const text = (): Promise<string> => registry.metrics();
  const figures = async (): Promise<string[]> =>
    (await text()).split('\n').filter((line) => line.startsWith('hzrelay_'));
  return { metrics: new RelayMetrics(oneCall, registry), figures, text };
}

const oneCall = { sessions: [{ id: 'a3f9b2c1', transportType: 'webrtc' as const }] };

describe('GET /metrics', () => {
  it('counts answers that were begun early, and what was generated for nothing', async () => {
    const { metrics, figures } = counted();
    const early = { text: 'book it', leadMs: 120 };
    metrics.take(event('llm.speculation', { ...early, outcome: 'adopted', tokens: 3, characters: 20 }));
    metrics.take(event('llm.speculation', { ...early, outcome: 'went_on', tokens: 2, characters: 9 }));
    const lines = await figures();
    for (const line of [
      'hzrelay_speculations_total{outcome="adopted"} 1',
      'hzrelay_speculations_total{outcome="went_on"} 1',
      'hzrelay_wasted_tokens_total 2',
      'hzrelay_wasted_characters_total 9',
    ])
      expect(lines).toContain(line);
  });

  it('counts what providers were used for, and what was wasted apart', async () => {
    const { metrics, figures } = counted();
    const asked = {
      kind: 'llm',
      provider: 'openai',
      model: 'gpt-6',
      inputTokens: 90,
      outputTokens: 12,
    } as const;
    metrics.used({ kind: 'stt', provider: 'deepgram', seconds: 1.5 }, false);
    metrics.used(asked, false);
    metrics.used(asked, false);
    metrics.used(asked, true);
    const lines = await figures();
    const labels = 'kind="llm",provider="openai",model="gpt-6"';
    for (const line of [
      'hzrelay_provider_usage_total{kind="stt",provider="deepgram",model="",wasted="false",unit="seconds"} 1.5',
      `hzrelay_provider_usage_total{${labels},wasted="false",unit="input_tokens"} 180`,
      `hzrelay_provider_usage_total{${labels},wasted="true",unit="output_tokens"} 12`,
    ])
      expect(lines).toContain(line);
    // No line for a unit that was not used.
    expect(lines.filter((line) => line.includes('reasoning'))).toEqual([]);
  });

  it('shows calls as they come and go, and the process', async () => {
    const relay = await start();
    const scrape = async (): Promise<string> => (await fetch(`${relay.url}/metrics`)).text();
    expect(await scrape()).toContain('hzrelay_sessions{transport="twilio"} 0\n');
    const call = await relay.call();
    await call.talk();
    expect(await scrape()).toContain('hzrelay_sessions{transport="twilio"} 1\n');
    await call.phone.hangUp();
    await call.session.closed;

    const response = await fetch(`${relay.url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    for (const line of [
      'hzrelay_sessions{transport="twilio"} 0',
      'hzrelay_sessions_started_total{transport="twilio"} 1',
      'hzrelay_sessions_ended_total{transport="twilio",reason="hangup"} 1',
      'hzrelay_turns_total{transport="twilio",outcome="completed"} 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total [\d.]+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{6,}$/m);
    expect(text).toMatch(/^nodejs_eventloop_delay_seconds\{quantile="0\.99"\} [\d.e-]+$/m);
    // Every line is a comment or a sample, as the format has it.
    for (const line of text.split('\n').filter((each) => each !== ''))
      expect(line).toMatch(
        /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+\d.eInf]+)$/,
      );
  });

  it('counts for each relay of a process on its own', async () => {
    const first = await start();
    await first.call();
    const other = await LightRelay.start();
    const text = await (await fetch(`${other.url}/metrics`)).text();
    await other.close();
    expect(text).toContain('hzrelay_sessions{transport="twilio"} 0\n');
    expect(text).not.toContain('hzrelay_sessions_started_total{');
  });

  it('wants the token where the relay can be reached from outside', async () => {
    const { relay, url } = await start({ publicUrl: 'https://relay.example.com', twilioAuthToken: 'secret' });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const headers = { authorization: `Bearer ${relay.access.token}` };
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
  });
});

describe('the figures of a relay', () => {
  it('have each answered turn’s mouth to ear, and its parts, in seconds', async () => {
    const { metrics, figures } = counted();
    const moments = {
      mouthMs: 0,
      vadEndMs: 200,
      sttFinalMs: 250,
      llmStartMs: 250,
      llmFirstTokenMs: 450,
      earMs: 800,
    };
    const latency = turnLatency(moments, 'measured', 'no_audio');
    metrics.take(event('turn.end', { latency, aborted: 'interrupted', heardText: '' }));
    metrics.take(
      event('turn.end', { latency: turnLatency({}, null, 'greeting'), aborted: null, heardText: '' }),
    );
    const lines = await figures();
    expect(lines).toContain('hzrelay_mouth_to_ear_seconds_sum{transport="webrtc"} 0.8');
    expect(lines).toContain('hzrelay_mouth_to_ear_seconds_bucket{le="0.7",transport="webrtc"} 0');
    expect(lines).toContain('hzrelay_mouth_to_ear_seconds_bucket{le="0.8",transport="webrtc"} 1');
    expect(lines).toContain('hzrelay_mouth_to_ear_part_seconds_sum{part="llm"} 0.2');
    expect(lines).toContain('hzrelay_turns_total{transport="webrtc",outcome="interrupted"} 1');
    expect(lines).toContain('hzrelay_turns_total{transport="webrtc",outcome="completed"} 1');
  });

  it('keep their names, types, labels and help texts', async () => {
    const { metrics, text } = counted();
    metrics.take(event('session.start', { transport: 'webrtc' } as SessionEventFields['session.start']));
    metrics.take(event('session.end', { reason: 'hangup', durationMs: 1 }));
    const written = await text();
    expect(written.split('\n').filter((line) => line.startsWith('#'))).toEqual([
      '# HELP hzrelay_sessions Sessions in a call now, by transport.',
      '# TYPE hzrelay_sessions gauge',
      '# HELP hzrelay_sessions_started_total Sessions that got their call, by transport.',
      '# TYPE hzrelay_sessions_started_total counter',
      '# HELP hzrelay_sessions_ended_total Sessions that ended, by transport and reason.',
      '# TYPE hzrelay_sessions_ended_total counter',
      '# HELP hzrelay_turns_total Agent turns that ended, by transport and outcome.',
      '# TYPE hzrelay_turns_total counter',
      '# HELP hzrelay_mouth_to_ear_seconds From the caller’s last speech to the first audible sound of the answer.',
      '# TYPE hzrelay_mouth_to_ear_seconds histogram',
      '# HELP hzrelay_mouth_to_ear_part_seconds Parts of the time from mouth to ear.',
      '# TYPE hzrelay_mouth_to_ear_part_seconds histogram',
      '# HELP hzrelay_errors_total Errors of sessions, by kind of provider, provider and category; kind relay for errors without a provider.',
      '# TYPE hzrelay_errors_total counter',
      '# HELP hzrelay_provider_reconnects_total Attempts to reconnect to a failed provider.',
      '# TYPE hzrelay_provider_reconnects_total counter',
      '# HELP hzrelay_provider_failovers_total Failovers to the next provider of a fallback list.',
      '# TYPE hzrelay_provider_failovers_total counter',
      '# HELP hzrelay_warnings_total Warnings of sessions, by code.',
      '# TYPE hzrelay_warnings_total counter',
      '# HELP hzrelay_ignored_sounds_total Sounds of callers in which neither a voice nor words were found.',
      '# TYPE hzrelay_ignored_sounds_total counter',
      '# HELP hzrelay_speculations_total Answers that were begun before their turn was certain, by outcome.',
      '# TYPE hzrelay_speculations_total counter',
      '# HELP hzrelay_wasted_tokens_total Pieces of text that models sent for dropped early answers.',
      '# TYPE hzrelay_wasted_tokens_total counter',
      '# HELP hzrelay_wasted_characters_total Characters that voices were given for dropped early answers.',
      '# TYPE hzrelay_wasted_characters_total counter',
      '# HELP hzrelay_provider_usage_total What providers were used for, by unit: seconds of audio, tokens, characters; wasted: for dropped early answers.',
      '# TYPE hzrelay_provider_usage_total counter',
    ]);
    expect(written).toContain('hzrelay_sessions_ended_total{transport="webrtc",reason="hangup"} 1\n');
  });

  it('keep any provider’s name on one line', async () => {
    const { metrics, figures } = counted();
    const provider = 'my "own"\nprovider \\ {x="y"}';
    metrics.take(event('provider.reconnect', { kind: 'stt', provider, attempt: 1 }));
    expect(await figures()).toContain(
      'hzrelay_provider_reconnects_total{kind="stt",provider="my \\"own\\"\\nprovider \\\\ {x=\\"y\\"}"} 1',
    );
  });

  it('have what providers did', async () => {
    const { metrics, figures } = counted();
    metrics.take(event('error', { message: 'x', kind: 'stt', provider: 'deepgram', category: 'timeout' }));
    metrics.take(event('error', { message: 'x' }));
    metrics.take(event('provider.reconnect', { kind: 'stt', provider: 'deepgram', attempt: 1 }));
    metrics.take(event('provider.failover', { kind: 'stt', from: 'deepgram', to: 'local', cause: 'x' }));
    metrics.take(event('warning', { code: 'silent_recogniser', message: 'x' }));
    expect(await figures()).toEqual(
      expect.arrayContaining([
        'hzrelay_errors_total{kind="stt",provider="deepgram",category="timeout"} 1',
        'hzrelay_errors_total{kind="relay",provider="",category=""} 1',
        'hzrelay_provider_reconnects_total{kind="stt",provider="deepgram"} 1',
        'hzrelay_provider_failovers_total{kind="stt",from="deepgram",to="local"} 1',
        'hzrelay_warnings_total{code="silent_recogniser"} 1',
      ]),
    );
  });

  it('do not grow with what users and callers make up', async () => {
    const { metrics, figures } = counted();
    for (let i = 0; i < 1000; i++) {
      metrics.take(event('warning', { code: `code_${i}`, message: 'x' }));
      metrics.take(event('error', { message: 'x', kind: 'llm', provider: `mine ${i}`, category: 'server' }));
    }
    expect((await figures()).length).toBeLessThan(110);
    expect(await figures()).toContain('hzrelay_warnings_total{code="other"} 950');
  });
});
