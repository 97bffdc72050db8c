/** Something that happens again and again, and whoever wants to hear of it. Listeners are called in the order they came. */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Returns how to stop listening. */
  listen(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
