import type { FastifyRequest } from 'fastify';

/** A field of the request's query; undefined if it is missing, empty, or given more than once. */
export function queryField(request: FastifyRequest, name: string): string | undefined {
  const value: unknown = (request.query as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
