/**
 * Chat templates that refuse conversations, with the error texts and statuses of the servers that apply them.
 *
 * Sources: the templates of Mistral 7B and Gemma 2 (vLLM issues 6862 and 1037 of microsoft/autogen), of Qwen 3.5 (vLLM issue
 * 41114) and of Devstral behind llama.cpp (issue 19851 of ggml-org/llama.cpp); mistral-common's own check (its issue 186)
 */
import type { ChatMessage } from '../../providers/language-model.js';

export type SimulatedTemplate = 'mistral' | 'gemma' | 'qwen' | 'devstral';

/** An error in place of the answer. */
export interface TemplateRefusal {
  readonly status: number;
  readonly body: object;
}

/** The template's error for these messages; null if it accepts them. */
export function templateRefusal(
  template: SimulatedTemplate,
  messages: readonly ChatMessage[],
): TemplateRefusal | null {
  const turns = messages[0]?.role === 'system' ? messages.slice(1) : messages;
  switch (template) {
    case 'mistral':
      if (turns.some((turn) => turn.role === 'assistant' && turn.toolCalls && turn.content !== ''))
        return flat('Assistant message must have either content or tool_calls, but not both.');
      return alternates(turns.filter(isNotTool))
        ? null
        : flat(
            'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
          );
    case 'gemma':
      if (messages[0]?.role === 'system') return flat('System role not supported');
      return alternates(messages)
        ? null
        : flat('Conversation roles must alternate user/assistant/user/assistant/...');
    case 'qwen': {
      if (turns.some(({ role }) => role === 'system'))
        return nested('System message must be at the beginning.');
      return turns.some(({ role }) => role === 'user') ? null : nested('No user query found in messages.');
    }
    case 'devstral':
      return alternates(turns.filter(isNotTool))
        ? null
        : {
            status: 500,
            body: {
              error: {
                code: 500,
                message:
                  '\n------------\nWhile executing CallExpression at line 189, column 32 in source:\nError: Jinja Exception: ' +
                  'After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.',
                type: 'server_error',
              },
            },
          };
  }
}

/** Calls and results of tools do not count as turns. */
function isNotTool(message: ChatMessage): boolean {
  return message.role !== 'tool' && !(message.role === 'assistant' && message.toolCalls);
}

function alternates(messages: readonly ChatMessage[]): boolean {
  return messages.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'));
}

function flat(message: string): TemplateRefusal {
  return { status: 400, body: { object: 'error', message, type: 'BadRequestError', param: null, code: 400 } };
}

function nested(message: string): TemplateRefusal {
  return { status: 400, body: { error: { message, type: 'BadRequestError', param: null, code: 400 } } };
}
