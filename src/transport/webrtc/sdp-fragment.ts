import { candidatesOf } from './offer.js';

/** ICE information that a client sends after its offer (`application/trickle-ice-sdpfrag`, RFC 8840, section 9). */
export type FragmentReading =
  | { readonly kind: 'candidates'; readonly candidates: readonly string[] }
  /** Its user fragment differs from the offer's: it requests a new ICE session (RFC 9725, section 4.3.3). */
  | { readonly kind: 'restart' }
  | { readonly kind: 'malformed' };

/** Longest fragment in bytes. */
export const maxFragmentBytes = 65_536;

/** Lines of a description, `<letter>=<value>` (RFC 8866, section 5). */
const sdpLine = /^[a-z]=./;
/** A fragment has at least one of these lines. */
const iceLine = /^a=(?:candidate:|end-of-candidates|ice-ufrag:|ice-pwd:)/;

/** Reads an untrusted fragment; `iceUfrag` is the offer's. Pure; never throws. */
export function readFragment(text: string, iceUfrag: string): FragmentReading {
  const lines = text.split(/[\r\n]+/).filter((line) => line !== '');
  if (!lines.some((line) => iceLine.test(line)) || !lines.every((line) => sdpLine.test(line)))
    return { kind: 'malformed' };
  const isOther = lines.some((line) => line.startsWith('a=ice-ufrag:') && line.slice(12).trim() !== iceUfrag);
  return isOther ? { kind: 'restart' } : { kind: 'candidates', candidates: candidatesOf(lines) };
}
