import type { SpeechToText, SpeechToTextStream, SttEvent } from '../speech-to-text.js';
import { areTimedWords, needs, unknownType } from '../shape.js';
import type { Vendor } from './vendor.js';
import { vendorIncidents } from './vendor-incidents.js';
import { vendorUsage } from './vendor-usage.js';
import { vendorMembers } from './vendor-members.js';
import { VendorStream } from './vendor-stream.js';

/** A recogniser of the user's own, held to the contract: whatever breaks it becomes an `error` event that says so. */
export function guardedSpeechToText(recogniser: SpeechToText, vendor: Vendor): SpeechToText {
  const { accepts, finalTimeoutMs, flushesEarly = false } = recogniser;
  return {
    ...vendorMembers(recogniser, vendor),
    accepts,
    flushesEarly,
    ...(finalTimeoutMs !== undefined && { finalTimeoutMs }),
    open(options) {
      const guarded = new VendorStream<SpeechToTextStream, SttEvent>({
        vendor,
        onEvent: options.onEvent,
        problemOf,
        methods: ['write', 'flush', 'close'],
      });
      guarded.open(() =>
        recogniser.open({
          ...options,
          onEvent: (event) => guarded.take(event),
          onIncident: vendorIncidents(vendor, options.onIncident),
          onUsage: vendorUsage(vendor, options.onUsage),
        }),
      );
      return {
        write: (frame) => guarded.call((stream) => stream.write(frame)),
        speechStarted: () => guarded.call((stream) => stream.speechStarted?.()),
        flush: () => guarded.call((stream) => stream.flush()),
        recover: () => {
          const answers: unknown[] = [];
          const isWell = guarded.call((stream) => {
            answers.push(stream.recover?.());
          });
          // The error of a stream that is not well is about to come.
          return answers.includes(true) || !isWell;
        },
        close: () => guarded.close((stream) => stream.close()),
      };
    },
  };
}

function problemOf(event: Readonly<Record<string, unknown>>): string | null {
  const { type, text, words, untilMs, endOfUtterance } = event;
  if (type === 'heard') return Number.isFinite(untilMs) ? null : needs('heard', 'untilMs, a number', untilMs);
  if (type !== 'partial' && type !== 'final')
    return unknownType(type, ['partial', 'final', 'heard', 'error']);
  if (typeof text !== 'string') return needs(type, 'text, a string', text);
  if (words !== undefined && !areTimedWords(words))
    return needs(type, 'words as a list of { text, startMs, endMs }, or none', words);
  if (type === 'partial') return null;
  if (typeof endOfUtterance !== 'boolean')
    return needs(type, 'endOfUtterance, true or false', endOfUtterance);
  if (untilMs === undefined || Number.isFinite(untilMs)) return null;
  return needs(type, 'untilMs as a number, or none', untilMs);
}
