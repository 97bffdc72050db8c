import { html, type TemplateResult } from 'lit';

/** A drawer's title and its way out. */
export function drawerTop(title: string, close: string): TemplateResult {
  return html`<div class="drawer-top">
    <h2 class="serif">${title}</h2>
    <button
      type="button"
      data-action="close"
      @click=${(event: Event) => {
        (event.currentTarget as HTMLElement).closest('dialog')?.close();
      }}
    >
      ${close}
    </button>
  </div>`;
}

/** A click beside the drawer closes it. */
export function closeOnBackdrop(event: Event): void {
  if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
}
