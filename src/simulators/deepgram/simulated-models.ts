/**
 * The default models of a simulated Deepgram, by the names that clients use: the streaming ones of
 * https://developers.deepgram.com/docs/models-languages-overview.
 */
export const servedModels: readonly string[] = [
  'nova-3',
  'nova-3-general',
  'nova-3-medical',
  'nova-2',
  'nova-2-general',
  'nova-2-meeting',
  'nova-2-phonecall',
  'nova-2-conversationalai',
  'flux-general-en',
  'flux-general-multi',
];

/**
 * The answer of `GET /v1/models`: full names only, every model once, and no Flux.
 * Sources: https://developers.deepgram.com/docs/model-metadata and https://github.com/orgs/deepgram/discussions/1627
 */
export function modelList(served: readonly string[]): object {
  const listed = served.filter((model) => /^[a-z]+-\d-/.test(model));
  return {
    stt: listed.map((model) => ({
      name: model.replace(/^[a-z]+-\d-/, ''),
      canonical_name: model,
      architecture: model.split('-').slice(0, 2).join('-'),
      languages: ['en', 'en-US'],
      version: 'simulated',
      uuid: '00000000-0000-4000-8000-000000000000',
      batch: true,
      streaming: true,
      formatted_output: true,
    })),
    tts: [],
  };
}
