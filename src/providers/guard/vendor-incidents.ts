import type { OnIncident, ProviderIncident } from '../../events/provider-incident.js';
import { quotableId } from '../request-id.js';
import { isObject } from '../shape.js';
import type { Vendor } from './vendor.js';

/** Passes on what a provider reports, without secrets. What is no incident is dropped. */
export function vendorIncidents(vendor: Vendor, onIncident: OnIncident | undefined): OnIncident | undefined {
  if (!onIncident) return undefined;
  // `unknown`, since the provider may come from JavaScript.
  return (given: unknown) => {
    const incident = isObject(given) ? incidentOf(given, vendor) : null;
    if (incident) onIncident(incident);
  };
}

function incidentOf(given: Readonly<Record<string, unknown>>, vendor: Vendor): ProviderIncident | null {
  const { kind, name: provider, redact } = vendor;
  const texts = (...values: readonly unknown[]): readonly string[] | null =>
    values.every((value) => typeof value === 'string') ? values.map(redact) : null;
  switch (given.type) {
    case 'request': {
      const requestId = quotableId(given.requestId, redact);
      return requestId === undefined ? null : { type: 'request', kind, provider, requestId };
    }
    case 'warning': {
      const [code, message] = texts(given.code, given.message) ?? [];
      return code === undefined || message === undefined ? null : { type: 'warning', code, message };
    }
    // The rest is of providers that supervise others themselves.
    case 'error':
      return { type: 'error', error: vendor.errorOf(given.error) };
    case 'reconnect': {
      const { attempt } = given;
      return typeof attempt === 'number' ? { type: 'reconnect', kind, provider, attempt } : null;
    }
    case 'failover': {
      const [from, to, cause] = texts(given.from, given.to, given.cause) ?? [];
      if (from === undefined || to === undefined || cause === undefined) return null;
      return { type: 'failover', kind, from, to, cause };
    }
    case 'recovered':
      return { type: 'recovered', kind, provider };
    default:
      return null;
  }
}
