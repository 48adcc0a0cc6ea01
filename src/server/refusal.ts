import type { FastifyReply } from 'fastify';

/** Answers with an error that says what to do, as JSON. */
export function refuseRequest(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}
