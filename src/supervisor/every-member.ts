/** What a fallback list does with all of its members at once. */
import { messageOf, ProviderError, type ProviderKind } from '../errors.js';
import type { LineUp, Member, Probable } from './line-up.js';

/**
 * Warms all members. One that fails is reported to the line-up, as its first request would have been; rejects, with the
 * first member's ProviderError, only where all have failed.
 */
export async function warmUpMembers<P extends Probable>(
  kind: ProviderKind,
  lineUp: LineUp<P>,
  warmUp: (provider: P) => Promise<void> | undefined,
): Promise<void> {
  const failures = await failuresOf(kind, lineUp.members, async (provider) => warmUp(provider));
  lineUp.members.forEach((member, index) => {
    const failure = failures[index];
    if (failure) lineUp.failed(member, failure);
  });
  throwIfNoneIsLeft(failures);
}

/** Resolves where any member can be used. Rejects with the first member's ProviderError where none can. */
export async function probeMembers<P extends Probable>(
  kind: ProviderKind,
  lineUp: LineUp<P>,
  signal: AbortSignal,
): Promise<void> {
  throwIfNoneIsLeft(await failuresOf(kind, lineUp.members, async (provider) => provider.probe?.(signal)));
}

/** Closes the line-up and all members; one that fails to close does not keep the others open. */
export async function closeMembers<P extends Probable & { close?(): Promise<void> }>(
  lineUp: LineUp<P>,
): Promise<void> {
  lineUp.close();
  await Promise.allSettled(lineUp.members.map(async ({ provider }) => provider.close?.()));
}

/** A ProviderError of whatever a provider threw. */
export function providerErrorOf(thrown: unknown, kind: ProviderKind, provider: string): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const message = `${provider} failed: ${messageOf(thrown)}`;
  return new ProviderError(message, { kind, provider, category: 'internal', cause: thrown });
}

/** In the members' order; null for those that did not fail. */
function failuresOf<P extends Probable>(
  kind: ProviderKind,
  members: readonly Member<P>[],
  work: (provider: P) => Promise<void>,
): Promise<(ProviderError | null)[]> {
  return Promise.all(
    members.map(({ provider }) =>
      work(provider).then(
        () => null,
        (thrown: unknown) => providerErrorOf(thrown, kind, provider.name),
      ),
    ),
  );
}

function throwIfNoneIsLeft(failures: readonly (ProviderError | null)[]): void {
  const [first] = failures;
  if (first && failures.every((failure) => failure !== null)) throw first;
}
