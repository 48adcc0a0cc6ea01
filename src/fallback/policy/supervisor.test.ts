import { describe, expect, it } from '@jest/globals';
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { Candidate } from './candidate.js';
import { Supervisor } from './supervisor.js';

const refusal = (category: ProviderErrorCategory): ProviderError =>
  new ProviderError('No.', { kind: 'llm', provider: 'any', category });

/** A provider whose checks fail as a test has them fail. */
class Provider {
  readonly name: string;
  warmUpFails: Error | null = null;
  probeFails: Error | null = null;
  closeFails: Error | null = null;
  closed = 0;

  constructor(name: string) {
    this.name = name;
  }

  warmUp(): Promise<void> {
    return this.warmUpFails ? Promise.reject(this.warmUpFails) : Promise.resolve();
  }

  probe(): Promise<void> {
    return this.probeFails ? Promise.reject(this.probeFails) : Promise.resolve();
  }

  close(): Promise<void> {
    this.closed++;
    return this.closeFails ? Promise.reject(this.closeFails) : Promise.resolve();
  }
}

function supervise(options: readonly Partial<Candidate<Provider>>[] = [{}, {}]) {
  const providers = options.map((_, index) => new Provider(['one', 'two', 'three'][index] ?? ''));
  const candidates = providers.map((provider, index) => ({ provider, ...options[index] }));
  const supervisor = new Supervisor('llm', { candidates, clock: new VirtualClock() });
  const warmUp = (): Promise<readonly ProviderNotice[]> => supervisor.warmUp((provider) => provider.warmUp());
  const asked = (): string[] => supervisor.fallbackList.toAsk().map(({ provider }) => provider.name);
  return { supervisor, providers, warmUp, asked };
}

const { signal } = new AbortController();

describe('the candidates of a supervisor', () => {
  it('may fail to warm up as long as one does not; those that failed are not asked then', async () => {
    const { providers, warmUp, asked } = supervise();
    providers[0]!.warmUpFails = refusal('auth');
    expect(await warmUp()).toMatchObject([{ field: 'llm', message: 'No.' }]);
    expect(asked()).toEqual(['two']);
    providers[1]!.warmUpFails = new Error('No model file.');
    await expect(warmUp()).rejects.toBe(providers[0]!.warmUpFails);
  });

  it('have their keys checked at the start where they ask for it', async () => {
    const notice = { field: 'llm.model', message: 'It is old.', remedy: 'Take another.' };
    const { warmUp, asked } = supervise([
      { checkAtStart: () => Promise.reject(refusal('auth')) },
      { checkAtStart: () => Promise.resolve([notice]) },
    ]);
    expect(await warmUp()).toEqual([notice, expect.objectContaining({ message: 'No.' })]);
    expect(asked()).toEqual(['two']);
  });

  it('can be used if one of them can', async () => {
    const { supervisor, providers } = supervise();
    providers[0]!.probeFails = refusal('auth');
    await expect(supervisor.probe(signal)).resolves.toEqual([]);
    providers[1]!.probeFails = refusal('connection');
    await expect(supervisor.probe(signal)).rejects.toMatchObject({ category: 'auth' });
  });

  it('that throw anything else fail inside, with their name', async () => {
    const { supervisor, providers } = supervise([{}]);
    providers[0]!.probeFails = new Error('boom');
    await expect(supervisor.probe(signal)).rejects.toMatchObject({
      ...{ message: 'one failed: boom', kind: 'llm', provider: 'one', category: 'internal' },
      cause: new Error('boom'),
    });
  });

  it('are closed with it, whether or not one fails to close; lent ones are not', async () => {
    const { supervisor, providers } = supervise([{}, { lent: true }, {}]);
    providers[0]!.closeFails = new Error('Stuck.');
    await supervisor.close();
    expect(providers.map(({ closed }) => closed)).toEqual([1, 0, 1]);
  });
});
