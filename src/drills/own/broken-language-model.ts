import type { LanguageModel, LlmEvent, LlmRequest } from '../../providers/language-model.js';
import type { FaultSwitch } from './fault-switch.js';

/** A model that fails as a drill demands, and otherwise behaves as `inner`. The caller closes `inner`. */
export function brokenLanguageModel(inner: LanguageModel, faults: FaultSwitch): LanguageModel {
  return {
    name: inner.name,
    ...(inner.model !== undefined && { model: inner.model }),
    ...(inner.firstTokenTimeoutMs !== undefined && { firstTokenTimeoutMs: inner.firstTokenTimeoutMs }),
    ...(inner.tokenTimeoutMs !== undefined && { tokenTimeoutMs: inner.tokenTimeoutMs }),
    warmUp: async () => (await inner.warmUp?.()) ?? [],
    preconnect: () => inner.preconnect?.(),
    async *generate(request) {
      const fault = faults.begin();
      const fate = { struck: false };
      try {
        if (fault?.at === 'at_once') await fail();
        for await (const event of inner.generate(request)) {
          yield event;
          if (fault?.at === 'in_the_middle' && event.type === 'token') await fail();
        }
      } finally {
        faults.end(request.signal.aborted && !fate.struck ? fault : null);
      }

      /** Throws, or waits until the answer is aborted. */
      async function fail(): Promise<void> {
        fate.struck = true;
        const error = fault && faults.strike(fault, inner.name);
        if (error) throw error;
        await aborted(request);
      }
    },
  } satisfies { generate(request: LlmRequest): AsyncIterable<LlmEvent> } & LanguageModel;
}

function aborted({ signal }: LlmRequest): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
