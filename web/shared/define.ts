/**
 * Registers a custom element unless its name is taken: a partner may load the embed twice, or beside a page of ours, and the
 * second registration would throw.
 */
export function element(name: string): (constructor: CustomElementConstructor) => void {
  return (constructor) => {
    if (customElements.get(name) === undefined) customElements.define(name, constructor);
  };
}
