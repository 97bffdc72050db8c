import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNANSWERED, type BuyerOrder } from './order-book';
import type { OrderClient } from './orders';
import type { ViewerSession } from './session';
import { Signal } from './signal';
import { StepUpDesk } from './step-up';
import { coat } from './testing/order-desk';
import { problem } from './testing/world';

const kept: BuyerOrder = { ...UNANSWERED, key: 'k', wish: coat, phase: 'confirming', placed_ms: 0, problem: { ...problem('step-up-required', 403), url: 'https://pay.example/who' } };

const confirming = new Signal<BuyerOrder>();
let sent: string[];
let tokens: string[];
let opened: string[];
let active: boolean;
let desk: StepUpDesk;

beforeEach(() => {
  [sent, tokens, opened, active] = [[], [], [], true];
  const orders = { confirming, goOn: (key: string) => sent.push(key) } as unknown as OrderClient;
  const session = { renew: (token: string) => tokens.push(token) } as unknown as ViewerSession;
  const page = { navigator: { userActivation: { get isActive() { return active; } } }, open: (url: string) => opened.push(url) } as unknown as Window;
  desk = new StepUpDesk(orders, session, page);
});

afterEach(() => {
  desk.stop();
});

async function ask(order: BuyerOrder = kept): Promise<void> {
  confirming.emit(order);
  await new Promise((resolve) => setTimeout(resolve));
}

describe('with a host’s hook', () => {
  it('the tap goes again once the buyer is known, with the fresh token', async () => {
    desk.hook = () => Promise.resolve({ token: 'fresh' });
    await ask();
    expect([sent, tokens]).toEqual([['k'], ['fresh']]);
  });

  it.each([[() => Promise.resolve(null)], [() => Promise.resolve(false)], [() => Promise.reject(new Error('closed'))]])('otherwise it stays kept', async (hook) => {
    desk.hook = hook;
    await ask();
    expect(sent).toEqual([]);
  });
});

describe('without one', () => {
  it('the server’s address is opened where the buyer just pressed', async () => {
    await ask();
    expect([opened, sent]).toEqual([['https://pay.example/who'], []]);
  });

  it('nothing is opened by itself, nor an address that could run script', async () => {
    await ask({ ...kept, problem: { ...problem('step-up-required', 403), url: 'javascript:alert(1)' } });
    active = false;
    await ask();
    expect(opened).toEqual([]);
  });
});
