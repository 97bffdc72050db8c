import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import '../shared/lang-switch';
import { Asking } from '../shared/asking';
import { Localizer } from '../shared/i18n';
import { PageLanguage } from '../shared/page-language';
import { getShows, type ShowDetails } from '../shared/show';
import { foundation } from '../shared/theme';
import { frontWords, type FrontWord } from './words';

/** Shows listed; a deployment has a handful. */
const MAX_SHOWS = 20;

/** /: every show that is loaded, and every page of it. */
@customElement('front-page')
export class FrontPage extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
        min-height: 100dvh;
        padding: 0 clamp(1.25rem, 6vw, 6rem) 4rem;
        background: radial-gradient(70rem 36rem at 85% -10%, #2a211a, transparent 70%), var(--ink);
      }
      .top {
        display: flex;
        justify-content: space-between;
        align-items: center;
        height: 4.5rem;
      }
      .name {
        font-size: 1.25rem;
      }
      .tagline {
        max-width: 44rem;
        margin: clamp(2rem, 7vh, 5rem) 0 clamp(2rem, 6vh, 4rem);
        font-size: clamp(1.5rem, 3vw, 2.375rem);
        line-height: 1.25;
        text-wrap: balance;
        color: var(--ivory-soft);
      }
      .show {
        padding-top: 1.5rem;
        border-top: 1px solid var(--hairline-strong);
      }
      h1 {
        margin: 0.375rem 0 0;
        font-size: var(--text-xxl);
        font-weight: 400;
        line-height: 1.04;
        text-wrap: balance;
      }
      .columns {
        display: grid;
        gap: 2.5rem clamp(2rem, 5vw, 5rem);
        margin-top: 2.5rem;
      }
      h2 {
        margin: 0;
        font-size: var(--text-xs);
        font-weight: 400;
        letter-spacing: var(--tracking);
        text-transform: uppercase;
        color: var(--champagne);
      }
      .second {
        margin-top: 2.25rem;
      }
      .note {
        margin: 0.25rem 0 0.75rem;
        font-size: var(--text-s);
        color: var(--muted);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      a {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0.125rem 1rem;
        padding: 0.875rem 0;
        border-bottom: 1px solid var(--hairline);
        text-decoration: none;
        transition:
          padding var(--quick) var(--ease),
          border-color var(--quick) var(--ease);
      }
      a:hover {
        padding-left: 0.5rem;
        border-color: var(--champagne);
      }
      a b {
        font-size: 1.375rem;
        font-weight: 400;
      }
      a span {
        font-size: var(--text-s);
        color: var(--muted);
      }
      .empty {
        font-size: 1.25rem;
        color: var(--ivory-soft);
      }
      @media (min-width: 860px) {
        .columns {
          grid-template-columns: 1.2fr 1fr;
        }
      }
    `,
  ];

  readonly #language = new PageLanguage(this);
  readonly #asking = new Asking(this, () => getShows((url, init) => fetch(url, init), location.origin));

  protected override render(): TemplateResult {
    const text = new Localizer(this.#language.current, frontWords);
    const shows = this.#asking.answer;
    const silent = this.#asking.state === 'unreachable' || this.#asking.state === 'missing';
    return html`
      <header class="top" lang=${text.tag}>
        <span class="name serif">${text.t('name')}</span>
        <lang-switch lang=${this.#language.current} @lang-chosen=${this.#language.chosen}></lang-switch>
      </header>
      <main lang=${text.tag}>
        <p class="tagline serif">${text.t('tagline')}</p>
        ${silent ? html`<p class="empty" role="status">${text.t('unavailable')}</p>` : nothing}
        ${shows?.length === 0 ? html`<p class="empty">${text.t('no_shows')}</p>` : nothing} ${(shows ?? []).slice(0, MAX_SHOWS).map((show) => renderShow(show, text))}
      </main>
    `;
  }
}

function renderShow(show: ShowDetails, text: Localizer<FrontWord>): TemplateResult {
  const page = (name: string): string => `/${name}/${encodeURIComponent(show.show)}`;
  const stations = show.channels.filter((channel) => channel.kind === 'tv');
  const watched = show.channels.filter((channel) => channel.kind !== 'tv');
  return html`<section class="show" data-show=${show.show}>
    <span class="eyebrow">${text.date(show.starts_at_ms, show.time_zone)}</span>
    <h1 class="serif">${text.pick(show.titles, show.title)}</h1>
    <div class="columns">
      <div>
        <h2>${text.t('watch')}</h2>
        <p class="note">${text.t('watch_note')}</p>
        <ul>
          ${watched.map((channel) =>
            link(
              `${page('watch')}?channel=${encodeURIComponent(channel.id)}`,
              text.pick(channel.names, channel.name),
              text.t('delay', { seconds: text.number(Math.round(channel.latency_ms / 100) / 10) }),
            ),
          )}
        </ul>
      </div>
      <div>
        <h2>${text.t('produce')}</h2>
        <ul>
          ${link(page('console'), text.t('console'), text.t('console_note'))}
        </ul>
        <h2 class="second">${text.t('screens')}</h2>
        <ul>
          ${stations.map((station) => {
            const query = `?channel=${encodeURIComponent(station.id)}`;
            const name = text.pick(station.names, station.name);
            return [
              link(`${page('tv')}${query}`, text.t('tv', { station: name }), text.t('tv_note')),
              link(`${page('companion')}${query}`, text.t('companion', { station: name }), text.t('companion_note')),
            ];
          })}
          ${link(page('partner'), text.t('partner'), text.t('partner_note'))}
        </ul>
      </div>
    </div>
  </section>`;
}

function link(address: string, name: string, note: string): TemplateResult {
  return html`<li><a href=${address}><b class="serif">${name}</b><span>${note}</span></a></li>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'front-page': FrontPage;
  }
}
