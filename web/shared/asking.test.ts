import { html, LitElement, type TemplateResult } from 'lit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RECONNECT } from './backoff';
import { Asking } from './asking';
import { ProblemError } from './http';

class PageOfAnswers extends LitElement {
  static answers: (() => Promise<string>)[] = [];
  heard: string[] = [];
  readonly asking = new Asking(
    this,
    () => (PageOfAnswers.answers.shift() ?? (() => Promise.reject(new TypeError('nobody there'))))(),
    (answer: string) => {
      this.heard.push(`${answer} ${this.renderRoot.textContent.trim()}`);
    },
  );

  protected override render(): TemplateResult {
    return html`<p>${this.asking.state}</p>`;
  }
}
customElements.define('page-of-answers', PageOfAnswers);

const silence = (): Promise<string> => Promise.reject(new TypeError('no network'));
const nothing = (): Promise<string> =>
  Promise.reject(new ProblemError({ type: 'about:blank', title: 'No such show', status: 404 }));

describe('asking the server until it answers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    document.body.replaceChildren();
    vi.useRealTimers();
  });

  const open = async (...answers: (() => Promise<string>)[]): Promise<PageOfAnswers> => {
    PageOfAnswers.answers = answers;
    const page = new PageOfAnswers();
    document.body.append(page);
    await vi.advanceTimersByTimeAsync(0);
    return page;
  };

  it('tells the page its answer once the page has been drawn', async () => {
    const page = await open(() => Promise.resolve('a show'));
    expect(page.asking).toMatchObject({ answer: 'a show', state: 'answered' });
    expect(page.heard).toEqual(['a show asking']);
  });

  it('asks again after silence, and says meanwhile that nobody answers', async () => {
    const page = await open(silence, () => Promise.resolve('a show'));
    expect(page.asking.state).toBe('unreachable');
    await vi.advanceTimersByTimeAsync(RECONNECT.firstMs);
    expect(page.asking.answer).toBe('a show');
  });

  it('does not ask again for what does not exist', async () => {
    const page = await open(nothing, () => Promise.resolve('a show'));
    await vi.advanceTimersByTimeAsync(RECONNECT.capMs);
    expect(page.asking).toMatchObject({ answer: null, state: 'missing' });
  });

  it('stops asking when the page leaves, and drops an answer that comes after', async () => {
    let answer: (show: string) => void = () => undefined;
    const page = await open(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      () => Promise.resolve('another'),
    );
    page.remove();
    answer('a show');
    await vi.advanceTimersByTimeAsync(RECONNECT.capMs);
    expect(page.heard).toEqual([]);
    expect(PageOfAnswers.answers).toHaveLength(1);
  });
});
