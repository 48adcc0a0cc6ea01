import type { ToolDefinition } from '#src/providers/language-model.js';

/** A tool whose schema has what zod writes and some vendors refuse. */
export const bookTool: ToolDefinition = {
  name: 'book_appointment',
  description: 'Books an appointment.',
  parameters: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { day: { type: 'string' } },
    additionalProperties: false,
  },
};
