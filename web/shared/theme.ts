import { css, unsafeCSS, type CSSResult } from 'lit';
import sheet from './theme.css?inline';

/** The tokens for a shadow root that lives in a page which does not link theme.css: the embed in a partner's page. */
export const tokens: CSSResult = unsafeCSS(sheet);

/** What every component starts from: box model, focus, buttons without a browser's own look, text for screen readers only. */
export const foundation: CSSResult = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]) {
    display: none;
  }
  button,
  a,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    background: none;
    border: 0;
    padding: 0;
    cursor: pointer;
    touch-action: manipulation;
  }
  button:disabled {
    cursor: not-allowed;
  }
  :focus-visible {
    outline: var(--focus);
    outline-offset: 3px;
  }
  .eyebrow {
    font-size: var(--text-xs);
    letter-spacing: var(--tracking);
    text-transform: uppercase;
    color: var(--muted);
  }
  .serif {
    font-family: var(--serif);
    font-weight: 400;
  }
  .figures {
    font-variant-numeric: tabular-nums;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
