import { withoutTrailingSlashes } from '../../network/base-url.js';

export const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

/** The API's addresses. The key is never part of one. */
export interface Endpoint {
  /**
   * With the version, without a slash at the end. Signatures are marked with it, not with the host alone: Google's API for
   * clients of OpenAI takes them in another form.
   */
  readonly baseUrl: string;
  /** Describes the model; a GET costs nothing. */
  readonly modelUrl: string;
  /** Answers, as server-sent events. */
  readonly answerUrl: string;
}

/** Reads a base URL, with or without the API's version. Throws a TypeError for an invalid one. */
export function endpointOf(given: string, model: string): Endpoint {
  const url = new URL(given);
  const path = withoutTrailingSlashes(url.pathname);
  const base = withoutTrailingSlashes(`${url.origin}${path}`);
  const baseUrl = /\/v\d\w*$/.test(path) ? base : `${base}/v1beta`;
  const name = model.includes('/') ? model : `models/${model}`;
  const modelUrl = `${baseUrl}/${name.split('/').map(encodeURIComponent).join('/')}`;
  return {
    baseUrl,
    modelUrl,
    answerUrl: `${modelUrl}:streamGenerateContent?alt=sse`,
  };
}
