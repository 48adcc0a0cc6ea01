/** A relay's public address: an origin and, if the relay shares its host, a path. */
import { withoutTrailingSlashes } from '../../network/base-url.js';

/** The remedy for an invalid public address. */
export const publicUrlRemedy =
  'Give the address that the outside uses, for example https://example.ngrok.app or https://example.com/voice.';

export type PublicUrlReading =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly problem: string; readonly remedy: string };

/**
 * Reads a public address: http or https, a host, and an optional path. `problem` is the rest of a sentence and contains
 * no credentials.
 */
export function readPublicUrl(text: string): PublicUrlReading {
  const wrong = (problem: string): PublicUrlReading => ({ ok: false, problem, remedy: publicUrlRemedy });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (/^(?:[a-z]+:\/\/)?[^/?#]*@/i.test(text)) return wrong('holds credentials.');
  if (!url?.host || !/^https?:$/.test(url.protocol)) return wrong(`'${text}' is no base address.`);
  if (/[?#]/.test(text)) return wrong(`'${text}' is more than a base address.`);
  return { ok: true, url };
}

/** The address without a trailing slash, so that the path of a route can follow it: `https://example.com/voice`. */
export function baseOf(url: URL): string {
  return `${url.origin}${pathOf(url)}`;
}

/** The path under which the routes are served, without a trailing slash; empty for the root. */
export function pathOf({ pathname }: URL): string {
  return withoutTrailingSlashes(pathname);
}
