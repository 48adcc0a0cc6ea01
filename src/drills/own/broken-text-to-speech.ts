import type { TextToSpeech, TtsEvent } from '../../providers/text-to-speech.js';
import type { FaultSwitch } from './fault-switch.js';

/** A voice that fails as a drill demands, and otherwise behaves as `inner`. The caller closes `inner`. */
export function brokenTextToSpeech(inner: TextToSpeech, faults: FaultSwitch): TextToSpeech {
  return {
    name: inner.name,
    produces: inner.produces,
    ...(inner.model !== undefined && { model: inner.model }),
    warmUp: async (format) => (await inner.warmUp?.(format)) ?? [],
    preconnect: (format) => inner.preconnect?.(format),
    ...(inner.unsayable && { unsayable: (text: string) => inner.unsayable?.(text) ?? null }),
    open(options) {
      const fault = faults.begin();
      let isDead = false;
      let isClosed = false;
      const fail = (): void => {
        if (!fault || isDead || isClosed) return;
        const error = faults.strike(fault, inner.name);
        if (error)
          queueMicrotask(() => {
            if (!isClosed && !options.signal.aborted) options.onEvent({ type: 'error', error });
          });
        isDead = true;
      };
      const give = (event: TtsEvent): void => {
        if (isDead || isClosed) return;
        options.onEvent(event);
        if (fault?.at === 'in_the_middle' && event.type === 'audio') fail();
      };
      const stream = faults.opening(() => inner.open({ ...options, onEvent: give }));
      const close = (): void => {
        if (!isClosed) faults.end(isDead ? null : fault);
        isClosed = true;
        stream.close();
      };
      options.signal.addEventListener('abort', close, { once: true });
      if (fault?.at === 'at_once') fail();
      return {
        write(text) {
          if (!isDead) stream.write(text);
        },
        end() {
          if (!isDead) stream.end();
        },
        close,
      };
    },
  };
}
