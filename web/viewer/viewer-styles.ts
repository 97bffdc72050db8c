import { css, type CSSResult } from 'lit';

export const viewerStyles: CSSResult = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 100dvh;
    --top: 3.75rem;
    --gutter: clamp(1rem, 2.4vw, 2.25rem);
  }
  .top {
    display: flex;
    align-items: center;
    gap: 1.25rem;
    height: var(--top);
    padding: 0 var(--gutter);
  }
  .channel {
    font-size: 1.125rem;
    letter-spacing: 0.01em;
    white-space: nowrap;
  }
  .title {
    min-width: 0;
    margin: 0;
    padding-left: 1.25rem;
    border-left: 1px solid var(--hairline-strong);
    font-size: var(--text-s);
    font-weight: 400;
    color: var(--ivory-soft);
    overflow: hidden;
    white-space: nowrap;
    text-overflow: ellipsis;
  }
  connection-state {
    margin-left: auto;
  }
  .bag {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
    min-height: 2.75rem;
    font-size: var(--text-s);
    white-space: nowrap;
  }
  .bag b {
    display: inline-grid;
    place-items: center;
    min-width: 1.5rem;
    height: 1.5rem;
    padding: 0 0.35rem;
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius-round);
    font-weight: 400;
    font-size: var(--text-xs);
  }
  .bag[data-count]:not([data-count='0']) b {
    background: var(--champagne);
    border-color: var(--champagne);
    color: var(--ink);
  }
  .stage {
    position: relative;
    display: grid;
    background: var(--ink);
  }
  .picture {
    position: relative;
    width: 100%;
    aspect-ratio: 16 / 9;
    background: #000;
    overflow: hidden;
  }
  video,
  .cover {
    display: block;
    width: 100%;
    height: 100%;
    object-fit: contain;
    background: #000;
  }
  .cover {
    position: absolute;
    inset: 0;
    pointer-events: none;
  }
  .cover[hidden] {
    display: none;
  }
  picture-controls {
    position: absolute;
    inset: auto 0 0;
    opacity: 0;
    pointer-events: none;
    transition: opacity var(--quick) var(--ease);
  }
  .picture picture-controls:focus-within,
  .picture[data-controls] picture-controls,
  .picture[data-picture='paused'] picture-controls {
    opacity: 1;
    pointer-events: auto;
  }
  @media (hover: hover) {
    .picture:hover picture-controls {
      opacity: 1;
      pointer-events: auto;
    }
  }
  .sound,
  .big-play {
    position: absolute;
    display: inline-flex;
    align-items: center;
    background: rgb(14 12 12 / 72%);
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius-round);
    backdrop-filter: blur(10px);
  }
  .sound {
    inset: auto auto 4.25rem 50%;
    translate: -50%;
    min-height: 2.5rem;
    padding: 0 1rem;
    font-size: var(--text-s);
    white-space: nowrap;
  }
  .big-play {
    inset: 0;
    margin: auto;
    width: 5.5rem;
    height: 5.5rem;
    justify-content: center;
    font-size: var(--text-s);
  }
  .notice {
    position: absolute;
    inset: auto 0 45%;
    width: fit-content;
    margin: 0 auto;
    padding: 0.5rem 1rem;
    border-radius: var(--radius-round);
    /* Readable over any frame of the film that stands still behind it. */
    background: rgb(14 12 12 / 84%);
    color: var(--ivory-soft);
    font-size: var(--text-s);
    letter-spacing: 0.08em;
  }
  .place {
    padding: 0.75rem var(--gutter) 0;
  }
  look-cards {
    display: grid;
  }
  /* A card that waits for its frame lies where it will be seen. */
  look-cards > * {
    grid-area: 1 / 1;
    align-self: start;
    min-width: 0;
  }
  .idle {
    padding: 2.5rem 1rem;
    text-align: center;
    border: 1px solid var(--hairline);
    color: var(--ivory-soft);
  }
  .idle b {
    display: block;
    font-size: 1.375rem;
    color: var(--ivory);
  }
  .so-far {
    padding: 1.125rem var(--gutter) 1.5rem;
  }
  .so-far h2 {
    display: flex;
    align-items: baseline;
    gap: 0.875rem;
    margin: 0 0 0.625rem;
    font-size: 1.1875rem;
    font-weight: 400;
  }
  .so-far h2 small {
    font-family: var(--sans);
    font-size: var(--text-s);
    color: var(--muted);
  }
  @media (max-width: 999px) {
    .first {
      display: none;
    }
  }
  dialog {
    margin: 0 0 0 auto;
    width: min(26rem, 100vw);
    max-width: none;
    height: 100dvh;
    max-height: none;
    padding: 1.25rem 1.5rem 2rem;
    overflow-y: auto;
    background: var(--ink-raised);
    color: var(--ivory);
    border: 0;
    border-left: 1px solid var(--hairline);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 55%);
  }
  dialog[open] {
    animation: slide var(--calm) var(--ease);
  }
  @keyframes slide {
    from {
      transform: translateX(2rem);
      opacity: 0;
    }
  }
  .drawer-top {
    display: flex;
    align-items: center;
    justify-content: space-between;
    margin-bottom: 0.5rem;
  }
  .drawer-top h2 {
    margin: 0;
    font-size: 1.625rem;
  }
  .drawer-top button {
    min-height: 2.75rem;
    font-size: var(--text-s);
    color: var(--ivory-soft);
  }
  .buyer {
    display: grid;
    gap: 1.75rem;
    margin-top: 1.75rem;
  }
  dialog buy-card {
    margin: 0.75rem -0.25rem 0;
    --card-ground: var(--ink);
  }
  .gone {
    display: grid;
    place-content: center;
    gap: 1rem;
    min-height: 70dvh;
    padding: 2rem;
    text-align: center;
  }
  .gone h1 {
    margin: 0;
    font-size: 1.75rem;
    font-weight: 400;
  }
  .gone a {
    font-family: var(--sans);
    font-size: var(--text-m);
    color: var(--champagne);
  }

  @media (max-width: 719px) {
    /* No room to see them, but there for whoever listens. */
    .title,
    .bag span {
      position: absolute;
      width: 1px;
      height: 1px;
      padding: 0;
      border: 0;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .top {
      gap: 0.875rem;
    }
  }

  /* Narrow: the picture stays in sight above, the card below it. */
  @media (max-width: 999px) and (min-height: 521px) {
    .place {
      padding-top: 0.75rem;
      justify-self: center;
      width: min(100%, 34rem);
    }
    picture-controls {
      padding-bottom: 0;
    }
    .sound {
      inset: auto 0.75rem 0.75rem auto;
      translate: none;
    }
    .picture[data-controls] .sound {
      display: none;
    }
  }

  /* The picture is the page: as large as leaves a strip of what was shown in sight; the card lies on it. */
  @media (min-width: 1000px) and (min-height: 521px) {
    .stage {
      justify-content: center;
      grid-template-columns: min(100vw, max(30rem, (100dvh - var(--top) - 10.5rem) * 16 / 9));
      background: radial-gradient(80% 120% at 50% 0, #171413, var(--ink));
    }
    .picture,
    .place {
      grid-area: 1 / 1;
    }
    .place {
      position: relative;
      z-index: 1;
      --status-room: 2.85rem;
      justify-self: end;
      align-self: center;
      width: clamp(17rem, 27%, 22rem);
      /* Below the mark that stations keep in the picture's upper corner. */
      max-height: calc(100% - 3rem);
      margin-top: 3rem;
      margin-right: clamp(0.75rem, 2.2%, 2rem);
      padding: 0;
      overflow-y: auto;
      scrollbar-width: none;
      pointer-events: none;
    }
    look-cards > :not([armed]) {
      pointer-events: auto;
    }
    .idle {
      display: none;
    }
    .stage:fullscreen {
      grid-template-columns: 100vw;
      align-content: center;
    }
  }

  /* A phone on its side: picture and card side by side, the card scrolls by itself. */
  @media (max-height: 520px) {
    :host {
      --top: 3rem;
    }
    .stage {
      grid-template-columns: minmax(0, 1fr) 18rem;
      align-items: start;
    }
    .picture {
      max-height: calc(100dvh - var(--top));
    }
    .place {
      max-height: calc(100dvh - var(--top));
      padding: 0 0.75rem;
      overflow-y: auto;
      scrollbar-width: none;
    }
  }
`;
