import { html, nothing, type TemplateResult } from 'lit';
import { isSafeLink } from './addresses';
import type { SkuLinks } from './messages';

/** An app that opens hides this page sooner than this; otherwise it is not installed and the web address serves. */
export const APP_OPENS_WITHIN_MS = 1_500;

/** The channel's own address for what is shown: its app where this is a phone, the web otherwise and as the fallback. */
export function openLink(link: SkuLinks, label: string): TemplateResult | typeof nothing {
  const web = link.web !== null && isSafeLink(link.web) ? link.web : null;
  const app = link.app !== null && isSafeLink(link.app) ? link.app : null;
  const address = web ?? app;
  if (address === null) return nothing;
  return html`<a
    class="channel-link"
    data-action="open-in-channel"
    data-app=${app ?? nothing}
    href=${address}
    target="_blank"
    rel="noopener noreferrer"
    @click=${(event: Event) => {
      if (app === null || web === null || !matchMedia('(pointer: coarse)').matches) return;
      event.preventDefault();
      openApp(app, web);
    }}
    >${label}<span aria-hidden="true"> ↗</span></a
  >`;
}

function openApp(app: string, web: string): void {
  location.assign(app);
  const timer = setTimeout(() => {
    if (document.visibilityState === 'visible') location.assign(web);
  }, APP_OPENS_WITHIN_MS);
  document.addEventListener(
    'visibilitychange',
    () => {
      clearTimeout(timer);
    },
    { once: true },
  );
}
