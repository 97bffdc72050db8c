import { css, type CSSResult } from 'lit';

export const cardStyles: CSSResult = css`
  :host {
    display: block;
    font-family: var(--sans);
    color: var(--ivory);
    container-type: inline-size;
    /* A layer of its own, kept when it is uncovered: on its frame the card is drawn already. */
    will-change: opacity;
  }
  :host([armed]) {
    opacity: 0.001;
    pointer-events: none;
  }
  article {
    position: relative;
    padding: 1.25rem 1.375rem 0.875rem;
    background: var(--card-ground, rgb(14 12 12 / 88%));
    border: 1px solid var(--hairline);
    border-radius: var(--radius);
    backdrop-filter: blur(18px) saturate(1.2);
    box-shadow: var(--shade);
  }
  article::before {
    content: '';
    position: absolute;
    inset: -1px -1px auto;
    height: 2px;
    background: var(--champagne);
    transform-origin: left;
    animation: drawn var(--calm) var(--ease);
  }
  @keyframes drawn {
    from {
      transform: scaleX(0);
    }
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-3);
  }
  .number {
    display: inline-flex;
    align-items: baseline;
    gap: 0.5rem;
  }
  .number b {
    font-size: 1.625rem;
    line-height: 1;
    color: var(--champagne);
  }
  .on {
    display: inline-flex;
    align-items: center;
    gap: 0.45rem;
    letter-spacing: 0.1em;
    color: var(--ivory-soft);
  }
  .on i {
    width: 6px;
    height: 6px;
    border-radius: 50%;
    background: var(--live);
  }
  p,
  h2,
  h3 {
    margin: 0;
  }
  .brand {
    margin-top: 1.125rem;
    color: var(--ivory);
    overflow-wrap: anywhere;
  }
  h2 {
    margin-top: 0.3rem;
    font-size: 1.5rem;
    line-height: 1.16;
    text-wrap: balance;
  }
  .tabs {
    display: flex;
    gap: 1.125rem;
    margin: 1rem 0 0;
    overflow-x: auto;
    scrollbar-width: none;
    border-bottom: 1px solid var(--hairline);
  }
  .tabs button {
    flex: none;
    max-width: 12rem;
    padding: 0.4rem 0 0.55rem;
    font-size: var(--text-s);
    color: var(--muted);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    border-bottom: 1px solid transparent;
    margin-bottom: -1px;
    transition: color var(--quick) var(--ease);
  }
  .tabs button:hover {
    color: var(--ivory);
  }
  .tabs button[aria-pressed='true'] {
    color: var(--ivory);
    border-color: var(--champagne);
  }
  .tabs button[data-state='sold_out'],
  .tabs button[data-state='ended'] {
    text-decoration: line-through;
  }
  .product {
    display: flex;
    gap: 1rem;
    margin-top: 1rem;
  }
  .product img {
    flex: none;
    width: 78px;
    height: 104px;
    object-fit: cover;
    background: var(--ink-float);
  }
  .facts {
    display: flex;
    flex-direction: column;
    justify-content: center;
    gap: 0.2rem;
    min-width: 0;
  }
  h3 {
    font-size: var(--text-m);
    font-weight: 400;
    line-height: 1.3;
    color: var(--ivory-soft);
    overflow-wrap: anywhere;
  }
  .price {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.625rem;
  }
  .price b {
    font-size: 1.375rem;
  }
  .price s {
    font-size: var(--text-s);
    color: var(--muted);
  }
  fieldset {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
    margin: 1rem 0 0;
    padding: 0;
    border: 0;
    min-width: 0;
  }
  label {
    position: relative;
    cursor: pointer;
  }
  label input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: inherit;
  }
  label > span {
    display: grid;
    place-items: center;
    min-width: 2.75rem;
    height: 2.75rem;
    padding: 0 0.75rem;
    font-size: var(--text-s);
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius);
    transition:
      background var(--quick) var(--ease),
      color var(--quick) var(--ease),
      border-color var(--quick) var(--ease);
  }
  label:hover > span {
    border-color: var(--ivory);
  }
  label[data-state='on_sale'] input:checked + span {
    background: var(--ivory);
    border-color: var(--ivory);
    color: var(--ink);
  }
  label input:focus-visible + span {
    outline: var(--focus);
    outline-offset: 3px;
  }
  label[data-state='ended'] {
    cursor: not-allowed;
  }
  label:not([data-state='on_sale']) > span {
    color: var(--muted);
    border-color: var(--hairline);
    background: linear-gradient(to top right, transparent calc(50% - 0.5px), var(--muted) 50%, transparent calc(50% + 0.5px));
  }
  label:not([data-state='on_sale']) input:checked + span {
    border-color: var(--ivory-soft);
  }
  .low {
    font-style: normal;
    font-size: var(--text-s);
    color: var(--warning);
  }
  .buy {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
    width: 100%;
    min-height: 3.25rem;
    margin-top: 1.125rem;
    padding: 0 1.25rem;
    background: var(--ivory);
    color: var(--ink);
    font-size: var(--text-m);
    letter-spacing: 0.04em;
    border-radius: var(--radius);
    transition:
      background var(--quick) var(--ease),
      transform var(--quick) var(--ease);
  }
  @media (hover: hover) {
    .buy:hover:not([aria-disabled='true']) {
      background: var(--champagne);
    }
  }
  .pays,
  .due {
    font-size: var(--text-s);
    color: var(--muted);
  }
  .pays {
    margin-top: 0.5rem;
    text-align: center;
  }
  .join {
    display: block;
    min-height: 2.75rem;
    margin: 0.25rem auto 0;
    font-size: var(--text-s);
  }
  .acts {
    display: flex;
    flex: none;
    flex-direction: column;
    align-items: flex-end;
    gap: 0.25rem;
  }
  .buy:active:not([aria-disabled='true']) {
    transform: scale(0.985);
  }
  .buy[aria-disabled='true'] {
    cursor: default;
    justify-content: center;
    background: var(--ink-float);
    color: var(--ivory-soft);
  }
  .buy[data-state='sold_out'],
  .buy[data-state='ended'] {
    background: transparent;
    color: var(--ivory-soft);
    border: 1px solid var(--hairline-strong);
    letter-spacing: var(--tracking);
    text-transform: uppercase;
  }
  .status {
    font-size: var(--text-s);
    line-height: 1.4;
    /* Where the card is centred, room for an order's news from the beginning: nothing moves under the finger that taps. */
    min-height: var(--status-room, 0);
    margin-top: 0.75rem;
  }
  .status[data-order-status] {
    display: flex;
    align-items: flex-start;
    justify-content: space-between;
    gap: 1rem;
    padding-left: 0.75rem;
    border-left: 2px solid var(--hairline-strong);
  }
  .status span {
    color: var(--ivory-soft);
  }
  .status b {
    display: block;
    font-weight: 500;
  }
  .status[data-order-status='reserved'],
  .status[data-order-status='agreeing'],
  .status[data-order-status='confirming'],
  .status[data-line='offered'],
  .status[data-line='on_sale'] {
    border-color: var(--champagne);
  }
  .status[data-order-status='paid'],
  .status[data-order-status='fulfilled'] {
    border-color: var(--positive);
  }
  .status[data-order-status='paid'] b,
  .status[data-order-status='fulfilled'] b {
    color: var(--positive);
  }
  .status[data-order-status='paid'] b::after,
  .status[data-order-status='fulfilled'] b::after {
    content: ' ✓' / '';
  }
  .status[data-order-status='refused'],
  .status[data-order-status='released'] {
    border-color: var(--negative);
  }
  .status[data-order-status='refused'] b,
  .status[data-order-status='released'] b {
    color: var(--negative);
  }
  .plain {
    flex: none;
    padding: 0.15rem 0;
    color: var(--ivory-soft);
    text-decoration: underline;
    text-underline-offset: 3px;
    text-decoration-color: var(--hairline-strong);
  }
  .plain:hover {
    color: var(--ivory);
  }
  .channel-link {
    align-self: flex-start;
    margin-top: 0.25rem;
    font-size: var(--text-s);
    color: var(--ivory-soft);
    text-decoration: none;
    border-bottom: 1px solid var(--hairline-strong);
  }
  .channel-link:hover {
    color: var(--ivory);
    border-color: var(--ivory);
  }
  @media (max-width: 719px) {
    /* Size and button stay in sight together: nobody buys a size they do not see. */
    .choice {
      position: sticky;
      bottom: 0;
      z-index: 1;
      padding-bottom: 0.75rem;
      background: var(--card-ground, var(--ink));
    }
    .choice:has(.buy[aria-disabled='true']) {
      position: static;
    }
  }
  @container (max-width: 300px) {
    h2 {
      font-size: 1.25rem;
    }
    .product img {
      width: 60px;
      height: 80px;
    }
  }
`;
