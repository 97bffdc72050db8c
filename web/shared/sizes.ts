import { Signal } from './signal';
import { readJson } from './storage';

const STORAGE_KEY = 'snbn.sizes';

/** Scales that sizes are given in; whoever wears M of one coat wears M of the next, and 38 in a dress is not 38 in a shoe. */
export const SIZE_SCALES = {
  letters: ['XXS', 'XS', 'S', 'M', 'L', 'XL', 'XXL', '3XL'],
  dresses: ['32', '34', '36', '38', '40', '42', '44'],
  suits: ['44', '46', '48', '50', '52', '54', '56', '58'],
  shoes: ['35', '36', '37', '38', '39', '40', '41', '42', '43', '44', '45', '46', '47'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type SizeKind = keyof typeof SIZE_SCALES;
export const SIZE_KINDS: readonly SizeKind[] = ['letters', 'dresses', 'suits', 'shoes'];

export type WornSizes = Readonly<Partial<Record<SizeKind, string>>>;

/** A size somebody chose, in its scale. */
export interface ChosenSize {
  readonly kind: SizeKind;
  readonly label: string | null;
}

/** The scale a product's sizes are of; null where that cannot be told, as of 38, 40 and 42, which may be shoes or dresses. */
export function sizeKind(sizes: readonly string[]): SizeKind | null {
  const fitting = SIZE_KINDS.filter((kind) => sizes.length > 0 && sizes.every((size) => (SIZE_SCALES[kind] as readonly string[]).includes(size)));
  if (fitting.length < 2) return fitting[0] ?? null;
  // Dresses come in even numbers, and no run of shoes ends at 40 without an odd one in it.
  const numbers = sizes.map(Number);
  if (numbers.every((size) => size % 2 === 0 && size <= 40)) return 'dresses';
  return fitting.includes('suits') && numbers.every((size) => size >= 44) && numbers.length > 1 ? 'suits' : null;
}

/** The sizes this viewer wears, chosen before a look comes or on an earlier one, kept for every page of this server. */
export class SizeMemory {
  readonly changes = new Signal<void>();
  readonly #store: Storage;
  #worn: WornSizes;

  constructor(store: Storage) {
    this.#store = store;
    this.#worn = asSizes(readJson(store, STORAGE_KEY));
  }

  get worn(): WornSizes {
    return this.#worn;
  }

  readonly wears = ({ kind, label }: ChosenSize): void => {
    this.#worn = asSizes({ ...this.#worn, [kind]: label });
    this.#store.setItem(STORAGE_KEY, JSON.stringify(this.#worn));
    this.changes.emit();
  };
}

function asSizes(value: unknown): WornSizes {
  const stored = (value ?? {}) as Readonly<Record<string, unknown>>;
  const known = SIZE_KINDS.map((kind) => [kind, stored[kind]] as const);
  return Object.fromEntries(known.filter(([kind, label]) => (SIZE_SCALES[kind] as readonly unknown[]).includes(label)));
}
