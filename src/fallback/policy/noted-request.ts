import type { OnIncident } from '../../events/provider-incident.js';

/**
 * Passes a candidate's incidents on, its request ids under the name that the fallback list gives it. Remembers the latest id, so
 * that a supervisor that gives the request up can name it.
 */
export class NotedRequest {
  requestId: string | undefined;
  readonly onIncident: OnIncident;

  constructor(provider: string, onIncident: OnIncident | undefined) {
    this.onIncident = (incident) => {
      if (incident.type !== 'request') return onIncident?.(incident);
      this.requestId = incident.requestId;
      onIncident?.({ ...incident, provider });
    };
  }
}
