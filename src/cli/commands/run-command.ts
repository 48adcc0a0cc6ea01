/** Runs a command and takes care of its exit code. The signal aborts when somebody wants it to stop. */
export type RunCommand = (command: (signal: AbortSignal) => Promise<number>) => Promise<void>;
