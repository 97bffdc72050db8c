import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { element } from './define';
import { Localizer, type Lang } from './i18n';
import type { LookView, Money, StockLevel } from './messages';
import { products, together } from './offers';
import { foundation } from './theme';
import { words } from './words';

/** Looks shown so far, newest first, as a strip to go back to. Fires `look-chosen` with the look as detail. */
@element('look-strip')
export class LookStrip extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
      }
      ol {
        display: flex;
        gap: 1px;
        margin: 0;
        padding: 0;
        list-style: none;
        overflow-x: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--hairline-strong) transparent;
        scroll-snap-type: x proximity;
      }
      li {
        flex: none;
        scroll-snap-align: start;
      }
      button {
        display: flex;
        flex-direction: column;
        align-items: flex-start;
        gap: 0.1rem;
        width: 12rem;
        height: 100%;
        padding: 0.5rem 0.875rem 0.25rem 0;
        text-align: left;
        border-top: 1px solid var(--hairline);
        transition: border-color var(--quick) var(--ease);
      }
      button:hover,
      button[aria-current='true'] {
        border-color: var(--champagne);
      }
      b {
        margin-right: 0.35rem;
        font-size: 1.375rem;
        font-weight: 400;
        line-height: 1.2;
      }
      button[aria-current='true'] b {
        color: var(--champagne);
      }
      span {
        max-width: 100%;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .title {
        font-size: var(--text-s);
        color: var(--ivory-soft);
      }
      .state {
        font-size: var(--text-xs);
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) looks: readonly LookView[] = [];
  @property({ attribute: false }) stock: ReadonlyMap<string, StockLevel> = new Map();
  /** The programme time of this viewer's picture, or null. */
  @property({ attribute: false }) playhead: number | null = null;
  @property() current: string | null = null;
  @property() override lang: Lang = 'en';

  protected override render(): TemplateResult | typeof nothing {
    const text = new Localizer(this.lang, words);
    return html`<ol lang=${text.tag}>
      ${repeat(
        this.looks,
        (look) => look.id,
        (look) => {
          const all = products(look, (sku) => this.stock.get(sku) ?? null, this.playhead);
          const state = together(all.map((product) => product.state));
          const cheapest = all.flatMap((product) => product.sizes).reduce<Money | null>(
            (least, { price }) => (least === null || price.value < least.value ? price : least),
            null,
          );
          return html`<li>
            <button
              type="button"
              data-strip-look=${look.id}
              aria-current=${look.id === this.current ? 'true' : 'false'}
              @click=${() => {
                this.dispatchEvent(new CustomEvent<LookView>('look-chosen', { detail: look }));
              }}
            >
              <span><b class="serif figures">${look.number}</b> <span class="eyebrow">${look.brand}</span></span>
              <span class="title">${text.pick(look.titles, look.title)}</span>
              <span class="state figures">${state === 'on_sale' ? (cheapest === null ? '' : text.money(cheapest)) : text.t(state)}</span>
            </button>
          </li>`;
        },
      )}
    </ol>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'look-strip': LookStrip;
  }
}
