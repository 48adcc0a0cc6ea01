import { afterEach, describe, expect, it } from '@jest/globals';
import { DeepgramCall, type DeepgramCallOptions } from '../../../test/harness/deepgram-call.js';
import { until } from '../../../test/harness/light-relay.js';

const calls: DeepgramCall[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) await call.end();
});
const connect = async (options: DeepgramCallOptions = {}): Promise<DeepgramCall> => {
  const call = await DeepgramCall.connect(options);
  calls.push(call);
  return call;
};

/** Thousandths of a second, in which the sums of shares are exact. */
const ms = (seconds: number): number => Math.round(seconds * 1000);
const reported = ({ usage }: DeepgramCall): number =>
  ms(usage.reduce((sum, { seconds }) => sum + seconds, 0));
const billed = ({ simulator }: DeepgramCall): readonly number[] =>
  simulator.billed.map(({ seconds }) => ms(seconds));

describe('The audio that a Deepgram stream was charged for', () => {
  it.each<DeepgramCallOptions>([
    { stt: { model: 'nova-3' } },
    { stt: { model: 'flux-general-en' } },
    { format: { encoding: 'linear16', sampleRateHz: 16_000 } },
  ])('is reported at each flush and at the end: %j', async (options) => {
    const call = await connect(options);
    await call.saySilence(500);
    call.stream.flush();
    await call.pass(20);
    expect(call.usage).toMatchObject([{ kind: 'stt', provider: 'deepgram', model: call.stt.model }]);
    expect(billed(call)).toEqual([reported(call)]);
    await call.saySilence(300);
    await call.stream.close();
    await until(() => !call.simulator.connections[0]!.isOpen);
    expect(call.usage).toHaveLength(2);
    expect(billed(call)).toEqual([reported(call)]);
    expect(reported(call)).toBeGreaterThan(500);
  });

  it('is reported when the stream fails', async () => {
    const call = await connect({ simulator: { faults: [{ type: 'close', afterAudioMs: 400 }] } });
    await call.saySilence(1000);
    expect(call.errors).toHaveLength(1);
    expect(call.usage).toHaveLength(1);
    expect(billed(call)).toEqual([reported(call)]);
  });

  it('does not include audio that waited for a connection', async () => {
    const call = await DeepgramCall.place();
    calls.push(call);
    call.write(new Int16Array(1600));
    await call.stream.close();
    expect(call.usage).toEqual([]);
  });
});

describe('Faults that are queued for a simulated Deepgram', () => {
  it('come to connections without a fault of their own, one each', async () => {
    const call = await connect();
    call.simulator.failNext({ type: 'status', status: 503 });
    const next = call.stt.open({
      format: { encoding: 'mulaw', sampleRateHz: 8000 },
      signal: call.abort.signal,
      onEvent: (event) => {
        if (event.type === 'error') failures.push(event.error.category);
      },
    });
    const failures: string[] = [];
    await until(() => failures.length > 0);
    await next.close();
    expect(failures).toEqual(['server']);
    expect(call.simulator).toMatchObject({ attempts: 2, openAnswers: null });
  });
});
