import { css } from 'lit';

/** The rundown's grid: one row is one line of the show, laid out off-screen rows are skipped by the browser. */
export const tableStyles = css`
  :host {
    height: 100%;
    min-height: 0;
  }
  .panel > header {
    align-items: center;
    gap: var(--space-3);
    flex-wrap: wrap;
  }
  .kinds {
    display: flex;
    border: 1px solid var(--hairline);
    border-radius: var(--radius);
  }
  .kind {
    padding: 0.2rem 0.6rem;
    font-size: var(--text-s);
    color: var(--muted);
  }
  .kind[aria-pressed='true'] {
    color: var(--ink);
    background: var(--champagne);
  }
  .search input {
    width: 15rem;
    padding: 0.25rem 0.6rem;
    font-size: var(--text-s);
    background: var(--ink);
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius);
  }
  .search input::placeholder {
    color: var(--muted);
  }
  .count {
    min-width: 4.5rem;
    text-align: right;
  }
  .follow {
    display: flex;
    align-items: center;
    gap: 0.4em;
    font-size: var(--text-s);
    color: var(--ivory-soft);
    cursor: pointer;
  }
  .follow input {
    accent-color: var(--champagne);
    margin: 0;
  }
  .rows {
    position: relative;
    flex: 1;
    min-height: 0;
  }
  .none {
    padding: var(--space-5);
    text-align: center;
  }
  .row {
    display: grid;
    grid-template-columns: 6.6rem 3.4rem minmax(9rem, 1.3fr) 4.6rem 4.6rem 4.6rem minmax(9rem, 1.5fr) minmax(5rem, 1fr);
    column-gap: var(--space-3);
    align-items: center;
    height: 2.75rem;
    padding: 0 var(--space-3);
    border-bottom: 1px solid var(--hairline);
    border-left: 3px solid transparent;
    font-size: var(--text-s);
    cursor: pointer;
    content-visibility: auto;
    contain-intrinsic-size: auto 2.75rem;
  }
  .row > * {
    min-width: 0;
  }
  .row:hover {
    background: var(--ink-float);
  }
  .head {
    position: sticky;
    top: 0;
    z-index: 1;
    height: 1.9rem;
    background: var(--ink-raised) !important;
    color: var(--muted);
    font-size: var(--text-xs);
    cursor: default;
    content-visibility: visible;
  }
  .cue {
    display: flex;
    align-items: baseline;
    gap: var(--space-2);
  }
  .cue button {
    min-width: 2.2rem;
    padding: 0.3rem 0;
    text-align: left;
    font-size: var(--text-m);
  }
  .status {
    font-style: normal;
    font-size: var(--text-xs);
    color: var(--muted);
    white-space: nowrap;
  }
  .number {
    font-size: var(--text-m);
    font-weight: 600;
  }
  .brand {
    display: flex;
    flex-direction: column;
    line-height: 1.25;
  }
  .brand b {
    font-weight: 500;
    font-size: var(--text-m);
  }
  .brand b,
  .brand small,
  .notes {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  small {
    font-size: var(--text-xs);
    color: var(--muted);
  }
  .times {
    display: flex;
    flex-direction: column;
    line-height: 1.25;
  }
  .times em {
    font-style: italic;
    color: var(--muted);
  }
  .stock {
    display: flex;
    gap: 0.1rem 1.2rem;
    overflow: hidden;
    max-height: 2.15rem;
    flex-wrap: wrap;
  }
  .group {
    display: flex;
    flex-wrap: wrap;
    gap: 0.1rem 0.7rem;
  }
  .mini {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    line-height: 1.2;
    white-space: nowrap;
  }
  .mini svg {
    width: 3px;
    height: 14px;
  }
  .mini .all {
    fill: var(--hairline-strong);
  }
  .mini .is {
    fill: var(--positive);
  }
  .mini b {
    font-weight: 500;
  }
  .low .is {
    fill: var(--warning);
  }
  .low b {
    color: var(--warning);
  }
  .gone b {
    color: var(--negative);
  }
  .notes {
    color: var(--ivory-soft);
  }
  .row.skipped .status {
    color: var(--warning);
  }
  .row.aired {
    color: var(--muted);
  }
  .row.aired .brand b,
  .row.aired .number {
    font-weight: 400;
  }
  .row.on-air {
    border-left-color: var(--live);
    background: rgb(229 72 77 / 14%);
  }
  .row.on-air .status {
    color: #ff8f93;
  }
  .row.next {
    border-left-color: var(--positive);
    background: rgb(159 208 171 / 10%);
  }
  .row.next .status {
    color: var(--positive);
  }
  @media (max-width: 1279px) {
    .row {
      grid-template-columns: 6.2rem 2.8rem minmax(8rem, 1.3fr) 4.4rem 4.4rem 4.2rem minmax(8rem, 1.4fr);
    }
    .row > :nth-child(8) {
      display: none;
    }
  }
  @media (max-width: 899px) {
    .panel > header h2,
    .count {
      display: none;
    }
    .panel > header {
      gap: var(--space-2);
    }
    .search {
      flex: 1 1 100%;
      order: 3;
    }
    .search input {
      width: 100%;
      font-size: 1rem;
      padding: 0.4rem 0.6rem;
    }
    .follow {
      display: none;
    }
    .row {
      grid-template-columns: 5.4rem 2.2rem minmax(0, 1fr) 4.4rem;
      column-gap: var(--space-2);
      height: 3.5rem;
      contain-intrinsic-size: auto 3.5rem;
    }
    .head {
      height: 1.9rem;
    }
    .row > :nth-child(5),
    .row > :nth-child(6),
    .row > :nth-child(7) {
      display: none;
    }
    .cue {
      flex-direction: column;
      gap: 0;
    }
    .cue button {
      padding: 0;
    }
  }
`;
