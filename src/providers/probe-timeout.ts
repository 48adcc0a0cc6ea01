/** Timeout of a probe in milliseconds, for the providers and the supervisor. */
export const probeTimeoutMs = 4000;
