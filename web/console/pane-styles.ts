import { css } from 'lit';

/** The look in a pane: picture, number, time, and every piece's stock below. */
export const paneStyles = css`
  :host {
    height: 100%;
  }
  .panel {
    --accent: var(--positive);
    border-top: 3px solid var(--accent);
  }
  .panel.on-air {
    --accent: var(--live);
  }
  .panel.empty {
    --accent: var(--hairline-strong);
  }
  .panel > header h2 {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    color: var(--ivory);
  }
  .lamp {
    width: 0.6rem;
    height: 0.6rem;
    border-radius: var(--radius-round);
    background: var(--accent);
  }
  .nobody {
    flex: 1;
    display: grid;
    place-content: center;
    margin: 0;
    min-height: 6rem;
    font-size: var(--text-l);
    color: var(--muted);
  }
  .look {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    grid-template-rows: minmax(0, 1fr) auto;
    gap: 0 var(--space-3);
    padding: var(--space-3);
  }
  .picture {
    width: 6rem;
    height: 8rem;
    object-fit: cover;
    object-position: 50% 20%;
    background: var(--ink-float);
  }
  .monogram {
    display: grid;
    place-content: center;
    font-size: 3rem;
    color: var(--champagne);
    border: 1px solid var(--hairline);
  }
  .what {
    min-width: 0;
    display: flex;
    flex-direction: column;
  }
  .what p {
    flex: none;
    margin: 0;
  }
  .number {
    font-size: 3rem;
    line-height: 0.95;
    font-weight: 600;
    letter-spacing: -0.03em;
  }
  .brand {
    margin-top: var(--space-1) !important;
    font-size: var(--text-l);
    line-height: 1.2;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .title {
    font-size: var(--text-s);
    color: var(--ivory-soft);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .price {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--space-2);
    white-space: nowrap;
    font-size: var(--text-s);
    color: var(--champagne);
  }
  .time {
    margin-top: auto !important;
    display: flex;
    align-items: baseline;
    gap: var(--space-2);
    white-space: nowrap;
  }
  .time .big {
    font-size: 1.6rem;
    line-height: 1.1;
    letter-spacing: -0.02em;
  }
  .time.warning .big {
    color: var(--warning);
  }
  .time.over .big,
  .time.over b {
    color: var(--negative);
  }
  .totals {
    margin-left: auto;
    font-family: var(--sans);
    font-size: var(--text-s);
    color: var(--muted);
    white-space: nowrap;
  }
  .totals i {
    font-style: normal;
    font-family: var(--figures);
  }
  .skus {
    grid-column: 1 / -1;
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    align-content: start;
    gap: 0.15rem var(--space-3);
    margin-top: var(--space-2);
    height: 5.6rem;
    overflow-y: auto;
    scrollbar-width: thin;
    scrollbar-color: var(--hairline-strong) transparent;
  }
  .skus li {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    font-size: var(--text-s);
    line-height: 1.35;
  }
  .skus .product {
    grid-column: 1 / -1;
    display: block;
    font-size: var(--text-xs);
    color: var(--muted);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .sku {
    color: var(--ivory-soft);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .left {
    text-align: right;
    font-weight: 600;
  }
  .low .left {
    color: var(--warning);
  }
  .gone .left,
  .gone .sku {
    color: var(--negative);
  }
  .stock-bar {
    grid-column: 1 / -1;
    width: 100%;
    height: 4px;
    background: var(--hairline);
  }
  .stock-bar .left {
    fill: var(--ivory-soft);
  }
  .stock-bar .reserved {
    fill: var(--warning);
  }
  .stock-bar .sold {
    fill: var(--positive);
  }
  i.reserved {
    color: var(--warning);
  }
  i.sold {
    color: var(--positive);
  }
  .armed {
    border-top: 1px solid var(--hairline);
    padding: var(--space-2) var(--space-3);
    color: var(--warning);
    font-size: var(--text-s);
  }
  @media (min-width: 900px) and (max-width: 1279px) {
    .totals {
      display: none;
    }
    .number {
      font-size: 2.25rem;
    }
    .time .note {
      white-space: nowrap;
      font-size: var(--text-xs);
    }
    .picture {
      width: 4.5rem;
      height: 6rem;
    }
  }
  @media (max-width: 899px) {
    .panel > header {
      padding: var(--space-1) var(--space-3);
    }
    .look {
      padding: var(--space-2) var(--space-3);
    }
    .picture {
      width: 4.75rem;
      height: 6rem;
    }
    .number {
      font-size: 2rem;
    }
    .brand {
      margin-top: 0 !important;
    }
    .time .big {
      font-size: 1.3rem;
    }
    .skus {
      margin-top: var(--space-2);
      height: auto;
    }
    .next .skus,
    .next .price {
      display: none;
    }
    .next .picture {
      height: 4.75rem;
    }
  }
`;
