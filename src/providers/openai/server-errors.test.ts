import { afterEach, describe, expect, it } from '@jest/globals';
import { openAiKey, OpenAiServers } from '../../../test/harness/openai-servers.js';

const servers = new OpenAiServers();

afterEach(() => servers.close());

describe('the error text of a server', () => {
  it.each<[string, string | object, string]>([
    ['OpenAI', { error: { message: 'No such thing.', type: 'x', code: null } }, 'No such thing.'],
    ['Ollama', { error: 'model is loading' }, 'model is loading'],
    ['vLLM', { object: 'error', message: 'Too long.', type: 'BadRequestError', code: 400 }, 'Too long.'],
    ['FastAPI', { detail: 'Not allowed' }, 'Not allowed'],
    [
      'FastAPI',
      { detail: [{ loc: ['body', 'messages'], msg: 'field required' }] },
      'body.messages: field required',
    ],
    [
      'Gemini',
      [{ error: { code: 400, message: 'Bad argument.', status: 'INVALID_ARGUMENT' } }],
      'Bad argument.',
    ],
    [
      'OpenRouter',
      { error: { message: 'Provider returned error', metadata: { raw: '{"error":{"message":"Busy."}}' } } },
      'Busy.',
    ],
    ['a proxy', 'upstream is gone', 'upstream is gone'],
    [
      'a page',
      '<!doctype html><html><head><title>502 Bad Gateway</title></head><body>x</body></html>',
      '502 Bad Gateway',
    ],
    ['nothing', '', 'did not say why'],
  ])('is shown, as worded by %s', async (_, body, words) => {
    const server = await servers.serve({});
    server.failNext({ fault: 'status', status: 400, body });
    const provider = servers.bareModelAt(server);
    await expect(servers.ask(provider)).rejects.toMatchObject({
      category: 'bad_request',
      message: expect.stringContaining(words),
    });
  });

  it('never contains a key, whole or quoted', async () => {
    const server = await servers.serve({});
    const quoted = `Bad key ${openAiKey}, sent as "Bearer ${openAiKey}"; also sk-proj-abcdef123456.`;
    server.failNext({ fault: 'status', status: 400, body: { detail: quoted } });
    const provider = servers.bareModelAt(server);
    const error = (await servers.ask(provider).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain('Bad key [key]');
    expect(`${error.message} ${(error.cause as Error).message}`).not.toMatch(/77b1e0aa|abcdef/);
  });
});

describe('a model that the server does not have', () => {
  it.each<[string, number, object]>([
    ['OpenAI', 404, { error: { message: 'The model `old-1` has been deprecated', code: 'model_not_found' } }],
    [
      'vLLM',
      404,
      { object: 'error', message: 'The model `old-1` does not exist.', type: 'NotFoundError', code: 404 },
    ],
    [
      'Ollama',
      404,
      { error: { message: 'model "old-1" not found, try pulling it first', type: 'api_error' } },
    ],
    [
      'Groq',
      400,
      { error: { message: 'The model `old-1` has been decommissioned', code: 'model_decommissioned' } },
    ],
    ['OpenRouter', 400, { error: { message: 'old-1 is not a valid model ID', code: 400 } }],
    [
      'Mistral',
      400,
      { object: 'error', message: 'Invalid model: old-1', type: 'invalid_model', code: '1500' },
    ],
    [
      'Gemini',
      404,
      [
        {
          error: {
            code: 404,
            message: 'models/old-1 is not found for API version v1main',
            status: 'NOT_FOUND',
          },
        },
      ],
    ],
    [
      'Azure',
      404,
      {
        error: {
          code: 'DeploymentNotFound',
          message: 'The API deployment for this resource does not exist.',
        },
      },
    ],
    ['a gateway', 404, { error: { message: 'No endpoints found for old-1.', code: 404 } }],
    ['another', 400, { error: { message: 'The model is no longer available.', code: 400 } }],
    ['DeepSeek', 400, { error: { message: 'Model Not Exist', type: 'invalid_request_error' } }],
  ])('(%s) is named with the field, after one request', async (_, status, body) => {
    const server = await servers.serve({});
    server.failNext({ fault: 'status', status, body });
    await expect(servers.ask(servers.modelAt(server, { model: 'old-1' }))).rejects.toMatchObject({
      category: 'bad_request',
      field: 'llm.model',
      retryable: false,
      message: expect.stringMatching(/'old-1'.*llm\.model/),
    });
    expect(server.requests).toHaveLength(1);
  });
});
