import { css } from 'lit';

/** The room: panes and GO above the rundown, numbers at the side; one column and a choice of panels on a phone. */
export const pageStyles = css`
  :host {
    display: block;
  }
  .page {
    height: 100dvh;
    display: flex;
    flex-direction: column;
    overflow: hidden;
  }
  .waiting {
    flex: 1;
    display: grid;
    place-content: center;
    margin: 0;
    font-size: var(--text-xl);
    color: var(--muted);
  }
  .offline {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-1) var(--space-4);
    align-items: baseline;
    padding: var(--space-2) var(--space-4);
    background: var(--negative);
    color: var(--ink);
  }
  .offline b {
    font-size: var(--text-l);
  }
  .lost main {
    box-shadow: inset 0 0 0 4px var(--negative);
  }
  .lost .panes console-pane,
  .lost console-rundown,
  .lost .side {
    filter: grayscale(0.9) brightness(0.72);
  }
  main {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template-columns: minmax(0, 1fr) 22rem;
    grid-template-rows: 18.5rem minmax(0, 1fr);
    gap: var(--space-3);
    padding: var(--space-3);
  }
  .panes {
    min-height: 0;
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) 15.5rem;
    grid-template-rows: minmax(0, 1fr);
    gap: var(--space-3);
  }
  .side {
    grid-column: 2;
    grid-row: 1 / 3;
    min-height: 0;
    display: flex;
    flex-direction: column;
    gap: var(--space-3);
    overflow-y: auto;
    scrollbar-width: none;
  }
  .side > * {
    flex: none;
  }
  .side > console-stock,
  .side > console-log {
    flex: 1 0 9rem;
    min-height: 0;
  }
  .views,
  .side-views {
    display: none;
  }
  @media (min-width: 900px) and (max-width: 1799px) {
    .side-views {
      display: grid;
      grid-template-columns: 1fr 1fr;
      margin-bottom: calc(-1 * var(--space-3));
    }
    main:not([data-view='log']) .view-log,
    main[data-view='log'] .view-stock {
      display: none;
    }
  }
  .view {
    padding: 0.35rem 0.8rem;
    font-size: var(--text-s);
    color: var(--muted);
    background: var(--ink-float);
    border: 1px solid var(--hairline);
  }
  .view[aria-pressed='true'] {
    color: var(--ink);
    background: var(--champagne);
  }
  @media (min-width: 1800px) {
    main {
      grid-template-columns: minmax(0, 1fr) 46rem;
      grid-template-rows: 20.5rem minmax(0, 1fr);
    }
    .side {
      display: grid;
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      grid-template-rows: auto auto auto minmax(0, 1fr);
    }
    console-preview,
    console-picture,
    console-numbers,
    console-audience {
      grid-column: 1;
    }
    console-stock {
      grid-column: 2;
      grid-row: 1 / 4;
    }
    console-log {
      grid-column: 2;
      grid-row: 4;
    }
  }
  @media (max-width: 1099px) and (min-width: 900px) {
    main {
      grid-template-columns: minmax(0, 1fr) 18rem;
    }
    .panes {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) 12rem;
    }
  }
  @media (max-width: 899px) {
    .page {
      height: auto;
      min-height: 100dvh;
      overflow: visible;
    }
    main {
      display: block;
      padding: var(--space-2) var(--space-2) 11.5rem;
    }
    .panes {
      display: block;
    }
    .panes console-pane {
      height: auto;
      margin-bottom: var(--space-2);
    }
    console-transport {
      position: fixed;
      z-index: 5;
      left: 0;
      right: 0;
      bottom: 0;
      height: auto;
      padding: var(--space-2) var(--space-2) calc(var(--space-2) + env(safe-area-inset-bottom));
      background: var(--ink);
      border-top: 1px solid var(--hairline-strong);
    }
    .views {
      display: grid;
      grid-template-columns: repeat(4, 1fr);
      margin: var(--space-2) 0;
    }
    .view {
      min-height: 2.75rem;
      padding: 0;
    }
    .side {
      display: block;
      overflow: visible;
    }
    .side > * {
      height: auto;
      margin-bottom: var(--space-2);
    }
    main:not([data-view='rundown']) .view-rundown,
    main:not([data-view='numbers']) .view-numbers,
    main:not([data-view='stock']) .view-stock,
    main:not([data-view='log']) .view-log {
      display: none;
    }
  }
`;
