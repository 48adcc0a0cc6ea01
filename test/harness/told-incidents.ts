import type { ProviderIncident } from '#src/events/provider-incident.js';

/** Incidents in short: `one timeout`, `one again 1`, `one to two`, `one recovered`, or a warning's code. */
export function inShort(incidents: readonly ProviderIncident[]): readonly string[] {
  return incidents.flatMap((incident) => {
    switch (incident.type) {
      case 'error':
        return `${incident.error.provider} ${incident.error.category}`;
      case 'reconnect':
        return `${incident.provider} again ${incident.attempt}`;
      case 'failover':
        return `${incident.from} to ${incident.to}`;
      case 'recovered':
        return `${incident.provider} recovered`;
      case 'request':
        return [];
      case 'warning':
        return incident.code;
    }
  });
}
