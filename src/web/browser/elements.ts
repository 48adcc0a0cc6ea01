/** The element with this id. Throws if it is missing or of another kind. */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${kind.name} #${id}.`);
}

/** Makes an element with classes and contents. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  classes: string,
  ...contents: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (classes !== '') element.className = classes;
  element.append(...contents);
  return element;
}
