/** Runs a command and takes care of its exit code. The signal aborts when the command should stop. */
export type RunCommand = (command: (signal: AbortSignal) => Promise<number>) => Promise<void>;
