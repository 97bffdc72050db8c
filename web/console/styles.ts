import { css } from 'lit';

/** A panel of the control room: hairline frame, small heading, figures that do not dance. */
export const panel = css`
  :host {
    display: block;
    min-width: 0;
  }
  .panel {
    height: 100%;
    display: flex;
    flex-direction: column;
    min-height: 0;
    border: 1px solid var(--hairline);
    border-radius: var(--radius);
    background: var(--ink-raised);
  }
  .panel > header {
    display: flex;
    align-items: baseline;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-3);
    border-bottom: 1px solid var(--hairline);
  }
  .panel > header h2 {
    margin: 0;
    margin-right: auto;
    font-size: var(--text-xs);
    font-weight: 600;
    letter-spacing: var(--tracking);
    text-transform: uppercase;
    color: var(--muted);
  }
  .panel > .body {
    padding: var(--space-2) var(--space-3) var(--space-3);
    min-height: 0;
  }
  .panel > .scroll {
    overflow-y: auto;
    scrollbar-width: thin;
    scrollbar-color: var(--hairline-strong) transparent;
  }
  .note {
    color: var(--muted);
    font-size: var(--text-s);
  }
  .figures {
    font-family: var(--figures);
    font-variant-numeric: tabular-nums;
  }
  .over {
    color: var(--negative);
  }
  .under {
    color: var(--positive);
  }
  .even,
  .none {
    color: var(--muted);
  }
  ul,
  ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
`;

/** A panel as high as its place, whose body takes what the header leaves. */
export const filling = css`
  :host {
    height: 100%;
    min-height: 0;
  }
  .panel > .body {
    flex: 1;
  }
`;

/** Buttons of the console other than GO. */
export const keys = css`
  .key {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--space-2);
    min-height: 2.5rem;
    padding: 0 var(--space-3);
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius);
    background: var(--ink-float);
    color: var(--ivory);
    font-size: var(--text-s);
    white-space: nowrap;
    transition: border-color var(--quick) var(--ease);
  }
  .key:hover:not([aria-disabled='true'], :disabled) {
    border-color: var(--champagne);
  }
  .key[aria-disabled='true'],
  .key:disabled {
    color: var(--muted);
    border-color: var(--hairline);
    background: transparent;
    cursor: not-allowed;
  }
  .key[aria-pressed='true'] {
    border-color: var(--warning);
    color: var(--warning);
  }
  kbd {
    font-family: var(--figures);
    font-size: var(--text-xs);
    color: var(--muted);
    border: 1px solid var(--hairline);
    border-radius: 3px;
    padding: 0 0.35em;
    line-height: 1.5;
  }
`;
