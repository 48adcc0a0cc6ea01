import { isInt16Array, isUint8Array } from 'node:util/types';
import type { TextToSpeech, TextToSpeechStream, TtsEvent, UnsayableText } from '../text-to-speech.js';
import { areTimedWords, isCount, isObject, needs, unknownType } from '../shape.js';
import { discard } from './discard.js';
import type { Vendor } from './vendor.js';
import { vendorIncidents } from './vendor-incidents.js';
import { vendorUsage } from './vendor-usage.js';
import { vendorMembers } from './vendor-members.js';
import { VendorStream } from './vendor-stream.js';

/** A voice of the user's own, held to the contract: whatever breaks it becomes an `error` event that says so. */
export function guardedTextToSpeech(voice: TextToSpeech, vendor: Vendor): TextToSpeech {
  const { produces, joinsPieces = false } = voice;
  return {
    ...vendorMembers(voice, vendor),
    produces,
    joinsPieces,
    ...(voice.unsayable && { unsayable: (text: string) => unsayableBy(voice, text) }),
    open(options) {
      const guarded = new VendorStream<TextToSpeechStream, TtsEvent>({
        vendor,
        onEvent: options.onEvent,
        problemOf,
        methods: ['write', 'end', 'close'],
      });
      guarded.open(() =>
        voice.open({
          ...options,
          onEvent: (event) => guarded.take(event),
          onIncident: vendorIncidents(vendor, options.onIncident),
          onUsage: vendorUsage(vendor, options.onUsage),
        }),
      );
      return {
        write: (text) => void guarded.call((stream) => stream.write(text)),
        end: () => void guarded.call((stream) => stream.end()),
        close: () => void guarded.close((stream) => stream.close()),
      };
    },
  };
}

/** Only a warning depends on it, so its failure means that nothing is known. */
function unsayableBy(voice: TextToSpeech, text: string): UnsayableText | null {
  try {
    const found: unknown = voice.unsayable?.(text);
    if (isObject(found) && Array.isArray(found.words)) return found as unknown as UnsayableText;
    discard(found);
    return null;
  } catch {
    return null;
  }
}

/** Reads only the sample's type and rate, never the samples. */
function problemOf({ type, chunk, frame, words }: Readonly<Record<string, unknown>>): string | null {
  if (type === 'done') return null;
  if (type !== 'audio' && type !== 'alignment' && type !== 'chunk_done')
    return unknownType(type, ['audio', 'alignment', 'chunk_done', 'done', 'error']);
  if (!isCount(chunk)) return needs(type, 'chunk, the number of a chunk from 0 on', chunk);
  if (type === 'audio') return problemOfFrame(frame);
  if (type === 'chunk_done' || areTimedWords(words)) return null;
  return needs(type, 'words, a list of { text, startMs, endMs }', words);
}

function problemOfFrame(frame: unknown): string | null {
  if (!isObject(frame)) return needs('audio', 'frame, { samples, sampleRateHz }', frame);
  const { samples, sampleRateHz, encoded } = frame;
  if (!isInt16Array(samples)) return needs('audio', 'frame.samples, an Int16Array', samples);
  if (!(Number.isFinite(sampleRateHz) && (sampleRateHz as number) > 0))
    return needs('audio', 'frame.sampleRateHz, a number', sampleRateHz);
  if (encoded === undefined) return null;
  const isMulaw = isObject(encoded) && encoded.encoding === 'mulaw' && isUint8Array(encoded.bytes);
  if (isMulaw) return null;
  return needs('audio', "frame.encoded as { encoding: 'mulaw', bytes: a Uint8Array }, or none", encoded);
}
