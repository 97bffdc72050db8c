import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { element } from './define';
import type { LookView } from './messages';
import type { NowShowing } from './now-showing';

/** Draws a look's card; an armed one is complete but for being seen. */
export type DrawCard = (look: LookView, armed: boolean) => TemplateResult;

/** What a card must do to stand in line. */
interface Armable extends Element {
  look: LookView | null;
  armed: boolean;
}

/**
 * The card of what the picture shows, and those about to come, made ready. On a look's frame nothing is built: within that
 * frame's own callback the waiting card is uncovered and the old one covered, and everything else on the page comes after.
 */
@element('look-cards')
export class LookCards extends LitElement {
  @property({ attribute: false }) showing: NowShowing | null = null;
  @property({ attribute: false }) card: DrawCard | null = null;
  #unlisten: (() => void)[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
  }

  /** Cards stand in the page's own tree: its styles are theirs. */
  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('showing')) this.#listen();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { showing, card } = this;
    if (showing === null || card === null) return nothing;
    const { look } = showing;
    const waiting = showing.armed.filter((armed) => armed.id !== look?.id);
    const all = look === null ? waiting : [look, ...waiting];
    return repeat(
      all,
      (each) => each.id,
      (each) => card(each, each !== look),
    ) as TemplateResult;
  }

  #listen(): void {
    this.#forget();
    const { showing } = this;
    if (showing === null) return;
    this.#unlisten = [
      showing.changes.listen((look) => {
        this.#uncover(look);
      }),
      showing.arming.listen(() => {
        afterPaint(() => {
          this.requestUpdate();
        });
      }),
    ];
  }

  #forget(): void {
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten = [];
  }

  #uncover(look: LookView | null): void {
    let waited = look === null;
    for (const child of this.children) {
      const card = child as Armable;
      const shows = look !== null && card.look?.id === look.id;
      card.armed = !shows;
      waited ||= shows;
    }
    if (waited) {
      afterPaint(() => {
        this.requestUpdate();
      });
    } else {
      this.requestUpdate();
    }
  }
}

/** Calls once what was changed until now is on its way to the screen; at once where the page isn't being drawn. */
export function afterPaint(call: () => void): void {
  if (document.visibilityState === 'hidden') {
    call();
    return;
  }
  requestAnimationFrame(() => {
    setTimeout(call);
  });
}

declare global {
  interface HTMLElementTagNameMap {
    'look-cards': LookCards;
  }
}
