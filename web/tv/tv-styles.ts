import { css } from 'lit';

/**
 * Ten feet away: no text under 2.6 % of the height (28 px at 1080p), no hover. Boxes stay 3.5 % off every edge and their text
 * 5 %, the action-safe and title-safe areas of EBU R 95.
 */
export const tvStyles = css`
  :host {
    display: block;
    /* A hundredth of the height; less on a screen that stands upright. */
    --u: min(1vh, 1.1vw);
  }
  main {
    position: fixed;
    inset: 0;
    overflow: hidden;
    background: #000;
    cursor: none;
    font-size: calc(2.6 * var(--u));
  }
  video,
  .cover {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .cover {
    position: absolute;
    inset: 0;
    pointer-events: none;
  }
  .cover[hidden] {
    display: none;
  }
  .safe {
    position: absolute;
    inset: 3.5vh 3.5vw;
    display: flex;
    flex-direction: column;
  }
  header {
    padding: calc(1.5 * var(--u)) 1.5vw;
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    text-shadow: 0 0 calc(1.2 * var(--u)) #000;
  }
  h1 {
    margin: 0;
    font-weight: 400;
  }
  /* A frame that stands has captions of its own: they don't shine through. */
  .title,
  connection-state {
    padding: calc(0.6 * var(--u)) calc(1.6 * var(--u));
    background: var(--ink);
  }
  .title {
    font-size: calc(3.2 * var(--u));
  }
  connection-state {
    margin-left: auto;
    --text-xs: calc(2.6 * var(--u));
  }
  nav {
    display: flex;
    gap: calc(1.4 * var(--u));
    padding: 0 1.5vw;
  }
  nav button {
    padding: calc(1.4 * var(--u)) calc(2.6 * var(--u));
    background: rgb(11 10 10 / 88%);
    border: calc(0.3 * var(--u)) solid var(--hairline-strong);
    border-radius: var(--radius);
    font-size: calc(2.8 * var(--u));
  }
  nav .focused {
    background: var(--champagne);
    border-color: var(--champagne);
    color: var(--ink);
  }
  .idle {
    margin: auto;
    font-size: calc(5 * var(--u));
    color: var(--ivory-soft);
  }
  .lower {
    margin-top: auto;
    display: flex;
    align-items: flex-end;
    justify-content: space-between;
    gap: 3vw;
  }
  .wait {
    margin: 0;
    padding: calc(1.5 * var(--u)) 1.5vw;
    font-size: calc(5 * var(--u));
    text-shadow: 0 0 calc(1.6 * var(--u)) #000;
  }
  .wait small {
    display: block;
    font-size: calc(3 * var(--u));
    color: var(--ivory-soft);
  }
  lower-third {
    flex: 1;
    max-width: 62vw;
  }
  .code {
    flex: none;
    display: grid;
    justify-items: center;
    gap: calc(0.6 * var(--u));
    padding: calc(1.8 * var(--u)) calc(1.8 * var(--u)) calc(1.5 * var(--u));
    background: var(--ink);
    text-align: center;
  }
  .code img {
    width: calc(22 * var(--u));
    height: calc(22 * var(--u));
    background: #fff;
  }
  .code.big img {
    width: calc(46 * var(--u));
    height: calc(46 * var(--u));
  }
  .code p {
    margin: 0;
    font-size: calc(2.6 * var(--u));
    line-height: 1.25;
    color: var(--ivory-soft);
  }
  .code b {
    display: block;
    font-size: calc(3.4 * var(--u));
    font-weight: 600;
    color: var(--ivory);
  }
  .code .number {
    max-width: calc(46 * var(--u));
    overflow-wrap: anywhere;
  }
  .code .number b {
    font-family: var(--figures);
    font-size: calc(4.4 * var(--u));
    font-weight: 500;
    letter-spacing: 0.06em;
    white-space: nowrap;
  }
`;
