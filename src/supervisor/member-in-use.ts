import type { ProviderKind } from '../errors.js';
import type { OnIncident } from '../events/provider-incident.js';
import type { LineUp, Member, Probable } from './line-up.js';

/**
 * Which member serves whom, so that a change between two requests is told: one call may learn from another's failure that
 * a member is down, and none of them sees the probe that brings it back. Whoever listens with the same function is the
 * same; for a new listener it is what served last.
 */
export class MemberInUse<P extends Probable> {
  readonly #kind: ProviderKind;
  readonly #lineUp: LineUp<P>;
  readonly #byListener = new WeakMap<OnIncident, Member<P>>();
  #last: Member<P> | null = null;

  constructor(kind: ProviderKind, lineUp: LineUp<P>) {
    this.#kind = kind;
    this.#lineUp = lineUp;
  }

  /** `member` serves the listener's next request: a failover is told if another served its last one. */
  begin(member: Member<P>, onIncident: OnIncident | undefined): void {
    const before = (onIncident && this.#byListener.get(onIncident)) ?? this.#last;
    if (before && before !== member) {
      const { members } = this.#lineUp;
      const isBack = members.indexOf(member) < members.indexOf(before);
      const cause = isBack
        ? `${member.provider.name} works again.`
        : `${before.provider.name} is left alone for now.`;
      this.#tell(before, member, cause, onIncident);
    }
    this.#note(member, onIncident);
  }

  /** `to` takes over from `from`; `cause` is safe to show. */
  change(from: Member<P>, to: Member<P>, cause: string, onIncident: OnIncident | undefined): void {
    if (from !== to) this.#tell(from, to, cause, onIncident);
    this.#note(to, onIncident);
  }

  #note(member: Member<P>, onIncident: OnIncident | undefined): void {
    this.#last = member;
    if (onIncident) this.#byListener.set(onIncident, member);
  }

  #tell(from: Member<P>, to: Member<P>, cause: string, onIncident: OnIncident | undefined): void {
    const names = { from: from.provider.name, to: to.provider.name };
    onIncident?.({ type: 'failover', kind: this.#kind, ...names, cause });
  }
}
