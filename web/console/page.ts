import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { pageAddress } from '../shared/addresses';
import { Localizer, pageLang, rememberLang, type Lang } from '../shared/i18n';
import type { CommandName } from '../shared/messages';
import type { Problem } from '../shared/wire';
import { openStorage } from '../shared/storage';
import { foundation } from '../shared/theme';
import { explain, verb, type Board, type Say } from './board';
import type { Intent, Outcome, Trim } from './commands';
import './dialogs';
import type { ConsoleCorrect, ConsoleHelp } from './dialogs';
import { duration } from './format';
import { actionOf, focusOf, type KeyAction } from './keyboard';
import './numbers';
import { pageStyles } from './page-styles';
import './pane';
import './picture';
import './preview';
import './rundown-table';
import type { ConsoleRundownTable } from './rundown-table';
import { standing } from './schedule';
import { ConsoleSession, type NotSent } from './session';
import './side-panels';
import { TEXTS, type Word } from './texts';
import './toasts';
import type { ConsoleToasts } from './toasts';
import './token-form';
import type { TokenEvent } from './token-form';
import { dropToken, findToken, keepToken } from './token';
import { BarEvent } from './top-bar';
import { PressEvent } from './transport';

/** How often the clocks are drawn. */
const TICK_MS = 250;

const VIEWS = ['rundown', 'numbers', 'stock', 'log'] as const;
type View = (typeof VIEWS)[number];

/** /console/{show}: the producers' console. */
@customElement('console-page')
export class ConsolePage extends LitElement {
  @state() private language: Lang;
  @state() private session: ConsoleSession | null = null;
  @state() private refusal = '';
  @state() private view: View = 'rundown';
  @query('console-toasts') private toasts!: ConsoleToasts;
  @query('console-help') private help!: ConsoleHelp;
  @query('console-correct') private correct!: ConsoleCorrect;
  @query('console-rundown') private table!: ConsoleRundownTable;
  private readonly address = pageAddress(location, '');
  private readonly tokens = openStorage('session', window);
  private readonly choices = openStorage('local', window);
  private say: Say;
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.language = pageLang(window, this.choices);
    this.say = new Localizer(this.language, TEXTS);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    rememberLang(this.language, document, this.choices);
    const token = findToken(this.address.show, { location, history, storage: this.tokens });
    if (token !== null) this.open(token);
    this.ticker = setInterval(() => {
      this.requestUpdate();
    }, TICK_MS);
    window.addEventListener('keydown', this.onKey);
    window.addEventListener('pagehide', this.onHide);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    window.removeEventListener('keydown', this.onKey);
    window.removeEventListener('pagehide', this.onHide);
    this.session?.close();
  }

  private open(token: string): void {
    this.session?.close();
    this.session = new ConsoleSession(this.address.base, { token, show: this.address.show }, {
      changed: () => {
        this.requestUpdate();
      },
      settled: (intent, outcome) => {
        this.tell(intent, outcome);
      },
      refused: (problem) => {
        this.refused(problem);
      },
    });
  }

  private refused(problem: Problem): void {
    this.session?.close();
    this.session = null;
    this.refusal = explain(this.say, problem);
    dropToken(this.address.show, this.tokens);
  }

  private readonly onHide = (event: PageTransitionEvent): void => {
    if (!event.persisted) this.session?.close();
  };

  private press(command: CommandName, look: string | null = null, trim: Trim | null = null): void {
    const refusal = this.session?.press(command, look, trim) ?? null;
    if (refusal !== null) this.tellNotSent(refusal);
  }

  private tellNotSent(refusal: NotSent): void {
    const words: Partial<Record<NotSent, Word>> = {
      offline: 'notSentOffline',
      full: 'notSentFull',
      'standby-changed': 'standbyChanged',
      'on-hold': 'problem_on-hold',
      'nothing-next': 'problem_nothing-next',
    };
    // A press while GO rests is the second half of a double press: the button itself says so.
    const word = words[refusal];
    if (word !== undefined) this.toasts.show('bad', this.say.t(word));
  }

  private tell(intent: Intent, outcome: Outcome): void {
    const board = this.session?.board;
    if (board === null || board === undefined) return;
    const { say } = this;
    if (outcome.kind === 'done') {
      if (intent.command === 'next' || intent.command === 'back') return;
      const look = outcome.answer.cue?.look ?? intent.look;
      this.toasts.show('good', say.t(`did_${intent.command}`, { number: board.entries.get(look ?? '')?.number ?? '' }));
      return;
    }
    const why =
      outcome.kind === 'refused'
        ? explain(say, outcome.problem)
        : say.t(outcome.reason === 'show-moved-on' ? 'givenUpMoved' : 'givenUpSilent');
    this.toasts.show('bad', say.t('failed', { what: verb(say, board, intent.command, intent.look) }), why);
  }

  private readonly onPress = (event: Event): void => {
    if (!(event instanceof PressEvent)) return;
    const { command, look, trim } = event;
    if (command === 'correct' && look === null) this.correct.open();
    else this.press(command, look, trim);
  };

  private readonly onBar = (event: Event): void => {
    if (!(event instanceof BarEvent)) return;
    const { action } = event;
    if (action === 'help') this.help.open();
    else if (action === 'plan') this.session?.switchZero();
    else this.switchLanguage();
  };

  private switchLanguage(): void {
    this.language = this.language === 'zh' ? 'en' : 'zh';
    this.say = new Localizer(this.language, TEXTS);
    rememberLang(this.language, document, this.choices);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { session } = this;
    if (session?.board === null || session === null || event.defaultPrevented) return;
    const focus = focusOf(event);
    if (event.repeat && focus === 'control' && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      return;
    }
    const action = actionOf(event, focus);
    if (action === null) return;
    if (action === 'close') {
      if (focus === 'typing') this.table.endSearch();
      return;
    }
    event.preventDefault();
    this.act(action, session.board);
  };

  private act(action: Exclude<KeyAction, 'close'>, board: Board): void {
    switch (action) {
      case 'help':
        this.help.open();
        break;
      case 'search':
        this.view = 'rundown';
        this.table.startSearch();
        break;
      case 'correct':
        this.correct.open();
        break;
      case 'take':
        this.press('take', board.state.next);
        break;
      case 'hold':
        this.press(board.state.hold ? 'resume' : 'hold');
        break;
      case 'undo':
        if (board.state.can_undo) this.press('undo');
        break;
      case 'clear':
        if (board.state.on_air !== null) this.press('clear');
        break;
      case 'next':
      case 'back':
      case 'jump':
      case 'resume':
        this.press(action);
        break;
    }
  }

  /** A button clicked by pointer gives the focus back to the page, so that Space goes on meaning GO. */
  private readonly onClick = (event: MouseEvent): void => {
    if (event.detail === 0) return;
    for (const node of event.composedPath()) {
      if (node instanceof HTMLButtonElement || (node instanceof HTMLInputElement && node.type === 'checkbox')) node.blur();
    }
  };

  protected override render(): TemplateResult {
    const { session, say } = this;
    const board = session?.board ?? null;
    document.title = board === null ? say.t('console') : `${say.t('console')} · ${say.pick(board.rundown.titles, board.rundown.title)}`;
    const nowMs = session?.nowMs ?? Date.now();
    const stands =
      board === null
        ? null
        : standing(board.rundown.entries, board.stays, board.state.next, board.zeroMs, nowMs);
    return html`<div class="page ${session?.link ?? ''}" lang=${say.tag} @press=${this.onPress} @bar=${this.onBar} @click=${this.onClick}>
      <console-top-bar
        .board=${board}
        .say=${say}
        .standing=${stands}
        .nowMs=${nowMs}
        link=${session?.link ?? 'none'}
      ></console-top-bar>
      ${session === null ? this.renderForm() : nothing}
      ${session === null || board === null ? nothing : this.renderBoard(session, board, nowMs, stands?.offsetMs ?? null)}
      ${session !== null && board === null ? html`<p class="waiting serif" role="status">${say.t(session.link)}…</p>` : nothing}
      <console-toasts .say=${say}></console-toasts>
    </div>`;
  }

  private renderForm(): TemplateResult {
    return html`<console-token-form
      .say=${this.say}
      refusal=${this.refusal}
      @token=${(event: TokenEvent) => {
        this.refusal = '';
        keepToken(this.address.show, event.token, this.tokens);
        this.open(event.token);
      }}
    ></console-token-form>`;
  }

  private renderBoard(session: ConsoleSession, board: Board, nowMs: number, offsetMs: number | null): TemplateResult {
    const { say } = this;
    const { pending } = session.queue;
    return html`${session.link === 'live' ? nothing : this.renderOffline(session)}
      <main data-view=${this.view}>
        <div class="panes">
          <console-pane kind="on-air" .board=${board} .say=${say} .nowMs=${nowMs}></console-pane>
          <console-pane kind="next" .board=${board} .say=${say}></console-pane>
          <console-transport
            .board=${board}
            .say=${say}
            go=${session.go}
            .pending=${new Set(pending.map((intent) => intent.command))}
          ></console-transport>
        </div>
        ${this.renderViews('views', VIEWS)}
        <console-rundown
          class="view-rundown"
          .board=${board}
          .say=${say}
          .offsetMs=${offsetMs}
          ?locked=${session.link !== 'live'}
        ></console-rundown>
        <div class="side">
          <console-preview class="view-numbers" base=${this.address.base} show=${this.address.show} .say=${say}></console-preview>
          <console-picture class="view-numbers" .board=${board} .say=${say}></console-picture>
          <console-numbers class="view-numbers" .board=${board} .say=${say} .points=${session.rates.points(nowMs)}></console-numbers>
          <console-audience class="view-numbers" .board=${board} .say=${say} .nowMs=${nowMs}></console-audience>
          ${this.renderViews('side-views', ['stock', 'log'])}
          <console-stock class="view-stock" .board=${board} .say=${say}></console-stock>
          <console-log class="view-log" base=${this.address.base} .board=${board} .say=${say}></console-log>
        </div>
      </main>
      <console-help .say=${say}></console-help>
      <console-correct .board=${board} .say=${say}></console-correct>`;
  }

  /** The choice of panels: on a phone of all of them, on a desktop of what fills the side's rest. */
  private renderViews(part: 'views' | 'side-views', names: readonly View[]): TemplateResult {
    const { say, view } = this;
    const current = names.includes(view) ? view : names[0];
    return html`<nav class=${part} aria-label=${say.t('console')}>
      ${names.map(
        (name) =>
          html`<button
            class="view"
            aria-pressed=${name === current ? 'true' : 'false'}
            data-view-button=${name}
            @click=${() => {
              this.view = name;
            }}
          >
            ${say.t(name)}
          </button>`,
      )}
    </nav>`;
  }

  private renderOffline(session: ConsoleSession): TemplateResult {
    const { say } = this;
    const unsure = session.queue.pending.length;
    return html`<div class="offline" role="alert" data-offline>
      <b>${say.t('offlineTitle')}</b>
      <span aria-hidden="true">${say.t('offlineText', { ago: duration(session.silentMs) })}</span>
      ${unsure === 0 ? nothing : html`<b>${say.t('unsure', { count: unsure })}</b>`}
    </div>`;
  }

  static override styles = [foundation, pageStyles];
}
