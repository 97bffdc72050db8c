import { css } from 'lit';

/**
 * Ten feet away: no text under 2.6 % of the height (28 px at 1080p), no hover. Boxes stay 3.5 % off every edge and their text
 * 5 %, the action-safe and title-safe areas of EBU R 95.
 */
export const tvStyles = css`
  :host {
    display: block;
  }
  main {
    position: fixed;
    inset: 0;
    overflow: hidden;
    background: #000;
    cursor: none;
    font-size: 2.6vh;
  }
  video {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .safe {
    position: absolute;
    inset: 3.5vh 3.5vw;
    display: flex;
    flex-direction: column;
  }
  header {
    padding: 1.5vh 1.5vw;
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    text-shadow: 0 0 1.2vh #000;
  }
  header p {
    margin: 0;
  }
  .title {
    font-size: 3.2vh;
  }
  connection-state {
    padding: 0.6vh 1.6vh;
    background: rgb(11 10 10 / 85%);
    --text-xs: 2.6vh;
  }
  nav {
    display: flex;
    gap: 1.4vh;
    padding: 0 1.5vw;
  }
  nav button {
    padding: 1.4vh 2.6vh;
    background: rgb(11 10 10 / 88%);
    border: 0.3vh solid var(--hairline-strong);
    border-radius: var(--radius);
    font-size: 2.8vh;
  }
  nav .focused {
    background: var(--champagne);
    border-color: var(--champagne);
    color: var(--ink);
  }
  .idle {
    margin: auto;
    font-size: 5vh;
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
    padding: 1.5vh 1.5vw;
    font-size: 5vh;
    text-shadow: 0 0 1.6vh #000;
  }
  .wait small {
    display: block;
    font-size: 3vh;
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
    gap: 0.6vh;
    padding: 1.8vh 1.8vh 1.5vh;
    background: rgb(11 10 10 / 90%);
    text-align: center;
  }
  .code img {
    width: 22vh;
    height: 22vh;
    background: #fff;
  }
  .code.big img {
    width: 46vh;
    height: 46vh;
  }
  .code p {
    margin: 0;
    font-size: 2.6vh;
    line-height: 1.25;
    color: var(--ivory-soft);
  }
  .code b {
    display: block;
    font-size: 3.4vh;
    font-weight: 600;
    color: var(--ivory);
  }
  .code .address {
    display: none;
    max-width: 46vh;
    overflow-wrap: anywhere;
  }
  .code.big .address,
  .code:not(:has(img)) .address {
    display: block;
  }
`;
