import { css, type CSSResult } from 'lit';

/** A partner's site has a look of its own: light paper, so that the card is seen to stand on foreign ground. */
export const partnerStyles: CSSResult = css`
  :host {
    --paper: #f6f3ee;
    --print: #1b1a18;
    --faded: #6a655d;
    --rule: #d9d3c8;
    display: block;
    min-height: 100dvh;
    background: var(--paper);
    color: var(--print);
    color-scheme: light;
  }
  :focus-visible {
    outline-color: var(--print);
  }
  .masthead {
    display: flex;
    align-items: baseline;
    gap: 2rem;
    padding: 1.125rem clamp(1rem, 4vw, 4rem);
    border-bottom: 1px solid var(--print);
  }
  .masthead b {
    font-size: 1.75rem;
    font-style: italic;
    font-weight: 400;
    white-space: nowrap;
  }
  nav {
    display: flex;
    gap: 1.5rem;
    font-size: var(--text-s);
    color: var(--faded);
  }
  nav span[aria-current] {
    color: var(--print);
    border-bottom: 1px solid currentcolor;
  }
  .langs {
    display: flex;
    gap: 0.75rem;
    margin-left: auto;
    font-size: var(--text-s);
  }
  .langs button {
    color: var(--faded);
  }
  .langs button[aria-pressed='true'] {
    color: var(--print);
    text-decoration: underline;
    text-underline-offset: 4px;
  }
  main {
    max-width: 84rem;
    margin: 0 auto;
    padding: 2.25rem clamp(1rem, 4vw, 4rem) 4rem;
  }
  .kicker {
    margin: 0;
    font-size: var(--text-xs);
    letter-spacing: var(--tracking);
    text-transform: uppercase;
    color: #b3261e;
  }
  h1 {
    margin: 0.5rem 0 0;
    font-size: clamp(2rem, 4.4vw, 3.5rem);
    font-weight: 400;
    line-height: 1.06;
    text-wrap: balance;
  }
  .standfirst {
    max-width: 46rem;
    margin: 0.875rem 0 0;
    font-size: 1.125rem;
    color: var(--faded);
  }
  .byline {
    margin: 0.5rem 0 1.5rem;
    font-size: var(--text-s);
    color: var(--faded);
  }
  .show,
  .behind {
    grid-template-columns: minmax(0, 1fr);
  }
  .show {
    display: grid;
    gap: 1.25rem;
    align-items: start;
  }
  .player {
    position: relative;
    aspect-ratio: 16 / 9;
    background: #000;
  }
  video {
    display: block;
    width: 100%;
    height: 100%;
  }
  .player button {
    position: absolute;
    right: 0.875rem;
    bottom: 0.875rem;
    padding: 0.6rem 1rem;
    background: #fff;
    color: var(--print);
    font-size: var(--text-s);
  }
  .behind {
    display: grid;
    gap: 2.5rem;
    margin-top: 3rem;
    padding-top: 1.5rem;
    border-top: 1px solid var(--print);
  }
  h2 {
    margin: 0 0 0.625rem;
    font-size: 1.375rem;
    font-weight: 400;
  }
  .behind p {
    margin: 0 0 1rem;
    color: var(--faded);
  }
  .snippet {
    position: relative;
  }
  pre {
    margin: 0;
    padding: 1.125rem;
    overflow-x: auto;
    background: #fff;
    border: 1px solid var(--rule);
    font: 0.8125rem/1.6 var(--figures);
    white-space: pre;
  }
  .snippet button {
    position: absolute;
    top: 0.5rem;
    right: 0.5rem;
    padding: 0.35rem 0.75rem;
    background: var(--print);
    color: var(--paper);
    font-size: var(--text-xs);
  }
  .log {
    max-height: 19rem;
    overflow-y: auto;
    border: 1px solid var(--rule);
    background: #fff;
    font: 0.8125rem/1.5 var(--figures);
  }
  .log ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .log li {
    display: grid;
    grid-template-columns: 5.5rem 4.5rem minmax(0, 1fr);
    gap: 0.5rem;
    padding: 0.4rem 1.125rem;
    border-bottom: 1px solid var(--rule);
  }
  .log li > :last-child {
    overflow-wrap: anywhere;
  }
  .log .none {
    display: block;
    color: var(--faded);
  }
  .log time {
    color: var(--faded);
  }
  .log b {
    font-weight: 600;
  }
  @media (min-width: 900px) {
    .show {
      grid-template-columns: minmax(0, 1fr) 21.5rem;
    }
    .behind {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
  }
  @media (max-width: 599px) {
    nav {
      display: none;
    }
    h1 {
      font-size: 1.875rem;
    }
    pre {
      padding-top: 3rem;
    }
  }
`;
