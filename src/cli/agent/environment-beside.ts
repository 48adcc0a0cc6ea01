import { dirname, resolve } from 'node:path';
import { note } from '../terminal.js';
import { EnvironmentFile } from './environment-file.js';

/**
 * Reads the `.env` beside the agent's file, or in the working directory if there is no file, and prints on stderr which
 * variables it took.
 */
export function readEnvironmentBeside(agentFile: string | null | undefined): EnvironmentFile {
  const environment = new EnvironmentFile(agentFile ? dirname(resolve(agentFile)) : process.cwd());
  const reading = environment.read();
  if (reading) note(reading.message);
  return environment;
}
