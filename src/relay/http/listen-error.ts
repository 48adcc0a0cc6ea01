import { HzRelayError, messageOf } from '../../core/errors.js';

/** Makes an error that says why the relay cannot listen, with the remedy. An HzRelayError is returned unchanged. */
export function listenError(cause: unknown, host: string, port: number): HzRelayError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new HzRelayError(
      `Port ${port} on ${host} is in use. Stop the program that uses it, or choose another port with --port or HZRELAY_PORT.`,
      { cause },
    );
  }
  if (code === 'EACCES') {
    return new HzRelayError(
      `Port ${port} needs more rights. Choose one above 1023 with --port or HZRELAY_PORT.`,
      { cause },
    );
  }
  if (code === 'EADDRNOTAVAIL') {
    return new HzRelayError(
      `This machine has no address ${host}. Use 127.0.0.1, or 0.0.0.0 for all addresses.`,
      { cause },
    );
  }
  if (cause instanceof HzRelayError) return cause;
  return new HzRelayError(`The relay could not start: ${messageOf(cause)}`, { cause });
}
