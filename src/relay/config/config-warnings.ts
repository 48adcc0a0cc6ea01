/** Warnings about config fields that are valid but have no effect; reported once, when the relay starts. */
import { appointmentDeskPrompt } from '../../providers/local/llm/appointment-desk.js';
import { deskToolNames } from '../../providers/local/llm/desk-tools.js';
import { builtInRegistry, embedded } from '../../providers/registry.js';
import type { RelaySessionConfig, ResolvedConfig } from './config.js';

/**
 * Returns one warning per unused field, with the remedy. `config` is the config as the user wrote it; the second
 * argument is resolved from it.
 */
export function configWarnings(
  config: Pick<RelaySessionConfig, 'llm' | 'speculation'>,
  resolved: Pick<ResolvedConfig, 'agent' | 'llm'>,
): string[] {
  return [...unusedByScript(config, resolved), ...unusedSpeculation(config, resolved)];
}

function unusedSpeculation(
  { speculation }: Pick<RelaySessionConfig, 'speculation'>,
  { agent, llm }: Pick<ResolvedConfig, 'agent' | 'llm'>,
): string[] {
  const isSet = speculation !== undefined && speculation !== false;
  const isOwn = llm.some((model) => !('definition' in model) && model.speculative !== true);
  if (!agent || !isSet || !isOwn) return [];
  return [
    'speculation is not used: your own model is only asked early if it has `speculative: true`. Set that if asking it has no effects, or leave speculation out.',
  ];
}

/** The embedded model is a script: it reads no prompt and calls few tools. */
function unusedByScript(
  config: Pick<RelaySessionConfig, 'llm'>,
  { agent, llm }: Pick<ResolvedConfig, 'agent' | 'llm'>,
): string[] {
  const [first] = llm;
  const isScripted = first !== undefined && 'definition' in first && first.definition === embedded.llm;
  if (!agent || !isScripted) return [];
  const warnings: string[] = [];
  const keys = builtInRegistry
    .ofKind('llm')
    .flatMap(({ key }) => (key?.isDefault === true ? [key.variable] : []));
  const remedy = `Set ${keys.join(' or ')}, name a model, or give llm a function of your own.`;
  // A config that names the embedded model chose the script on purpose.
  if (config.llm === undefined && agent.systemPrompt !== '' && agent.systemPrompt !== appointmentDeskPrompt)
    warnings.push(
      `agent.systemPrompt is not used: without a key the embedded model answers, which is a script for appointments. ${remedy}`,
    );
  const unused = Object.keys(agent.tools).filter((name) => !deskToolNames.includes(name));
  if (unused.length > 0)
    warnings.push(
      `agent.tools: ${unused.join(', ')} ${unused.length === 1 ? 'is' : 'are'} never called: the embedded model knows ${deskToolNames.join(', ')} only. ${remedy}`,
    );
  return warnings;
}
