import type { FastifyRequest } from 'fastify';

/** A field of the request's query, if it is there once and not empty. */
export function queryField(request: FastifyRequest, name: string): string | undefined {
  const value: unknown = (request.query as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
