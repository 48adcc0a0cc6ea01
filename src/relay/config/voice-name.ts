import { isDefinition, type AnyDefinition } from '../../providers/provider-definition.js';
import { builtInRegistry } from '../../providers/registry.js';
import type { RelaySessionConfig } from './config.js';

/**
 * The config of the voice with this name; else of one of the user's services that may know it; else of the first
 * built-in service without a list of voices.
 */
export function spokenBy(name: string, own: readonly AnyDefinition[]): RelaySessionConfig['tts'] {
  const ofOwn = own.filter((one) => isDefinition(one) && one.kind === 'tts' && one.voice !== undefined);
  const builtIn = builtInRegistry.ofKind('tts').filter(({ voice }) => voice !== undefined);
  const found =
    [...ofOwn, ...builtIn].find(({ voice }) => voice?.names?.includes(name)) ??
    ofOwn.find(({ voice }) => !voice?.names && voice?.isId?.(name) !== false) ??
    builtIn.find(({ voice }) => !voice?.names);
  return found?.config({ [found.voice?.field ?? '']: name }) as RelaySessionConfig['tts'];
}
