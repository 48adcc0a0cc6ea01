/** The audio worklet as text, where the package's build has put it. */
declare const hzrelayWorklet: string | undefined;

let blobUrl: string | undefined;

/**
 * The address of the audio worklet: beside the script of the test page. The package is one file, so that every bundler takes it as
 * it is, and has the worklet inside.
 */
export function workletUrl(): string | URL {
  if (typeof hzrelayWorklet === 'undefined') return new URL('./edge-worklet.js', import.meta.url);
  blobUrl ??= URL.createObjectURL(new Blob([hzrelayWorklet], { type: 'text/javascript' }));
  return blobUrl;
}
