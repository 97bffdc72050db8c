import { css } from 'lit';

/** One hand, one column; on a tablet or desktop the card stands beside the rest. */
export const companionStyles = css`
  :host {
    display: block;
    min-height: 100dvh;
  }
  header {
    position: sticky;
    top: 0;
    z-index: 2;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 var(--space-3);
    padding: max(var(--space-2), env(safe-area-inset-top)) var(--space-4) var(--space-2);
    background: rgb(11 10 10 / 92%);
    border-bottom: 1px solid var(--hairline);
  }
  header p,
  header h1 {
    margin: 0;
  }
  .title {
    font-size: var(--text-l);
    font-weight: 400;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  connection-state {
    justify-self: end;
  }
  .where {
    display: flex;
    align-items: baseline;
    gap: var(--space-2);
    min-width: 0;
    font-size: var(--text-s);
    color: var(--ivory-soft);
  }
  .where button {
    min-height: 2rem;
    text-decoration: underline;
    text-underline-offset: 4px;
    color: var(--muted);
  }
  main {
    display: grid;
    gap: var(--space-5);
    max-width: 30rem;
    margin: 0 auto;
    padding: var(--space-4) var(--space-4) max(var(--space-6), env(safe-area-inset-bottom));
  }
  main > * {
    min-width: 0;
  }
  .idle {
    display: grid;
    gap: var(--space-2);
    min-height: 11rem;
    margin: 0;
    place-content: center;
    text-align: center;
    color: var(--muted);
    border: 1px solid var(--hairline);
  }
  .idle b {
    font-size: var(--text-xl);
    font-weight: 400;
    color: var(--ivory);
  }
  h2 {
    margin: 0 0 var(--space-2);
    font-size: var(--text-l);
  }
  h2 small {
    margin-left: var(--space-2);
    font-family: var(--sans);
    font-size: var(--text-s);
    color: var(--muted);
  }
  .bad {
    color: var(--negative);
  }
  .buyer {
    display: grid;
    gap: var(--space-5);
    margin-top: var(--space-5);
  }
  dialog {
    width: min(28rem, 100vw);
    max-width: none;
    max-height: 92dvh;
    margin: auto auto 0;
    padding: var(--space-2) var(--space-4) max(var(--space-4), env(safe-area-inset-bottom));
    border: 0;
    border-top: 1px solid var(--hairline-strong);
    background: var(--ink);
    color: var(--ivory);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 70%);
  }
  .close {
    display: block;
    min-height: 2.75rem;
    margin-left: auto;
    color: var(--ivory-soft);
  }
  @media (min-width: 900px) {
    main {
      grid-template-columns: 26rem minmax(0, 1fr);
      max-width: 68rem;
      align-items: start;
    }
    .now {
      grid-row: 1 / 4;
      position: sticky;
      top: 5rem;
    }
    .join {
      grid-column: 1 / -1;
      justify-self: center;
      width: min(28rem, 100%);
    }
  }
`;
