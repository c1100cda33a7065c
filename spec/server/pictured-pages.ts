import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page, Viewport } from 'puppeteer-core';
import { defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { until } from '../until.js';
import { PicturedShop } from './pictured-shop.js';
import { Served } from './served.js';

/**
 * A clock that stands still until it is told to go on, then jumps from one timer to the next as soon as no answer is on its way,
 * and stands still again at its end. It begins at a fixed time.
 *
 * Why: a graph of a minute is drawn within seconds, by polls of the real server, and it is the same in each run and on a slow
 * machine.
 */
const steadyClock = `{
  let time = Date.UTC(2026, 10, 29, 12);
  let end = time;
  let answers = 0;
  const waiting = [];
  Date.now = () => time;
  performance.now = () => 0;
  window.setTimeout = (run, ms = 0) => {
    const timer = { run, at: time + ms };
    waiting.push(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    if (waiting.includes(timer)) waiting.splice(waiting.indexOf(timer), 1);
  };
  const { fetch } = window;
  // Why the body too: the page would read it while the clock goes on.
  window.fetch = async (...request) => {
    answers++;
    try {
      const response = await fetch(...request);
      const body = await response.arrayBuffer();
      return { ok: response.ok, status: response.status, statusText: response.statusText, arrayBuffer: async () => body };
    } finally {
      answers--;
    }
  };
  const isIdle = () => answers === 0 && !waiting.some(({ at }) => at <= end);
  setInterval(() => {
    if (answers > 0) return;
    const [first] = waiting.sort((a, b) => a.at - b.at);
    if (first === undefined || first.at > end) return;
    waiting.shift();
    time = Math.max(time, first.at);
    first.run();
  }, 1);
  window.clock = { go: (seconds) => { end = time + seconds * 1000; }, isIdle };
}`;

/** What differs from run to run, or from machine to machine, and is no difference of a picture. */
export interface Circumstances {
  /** How many milliseconds the next request waits before it is sent. Default: none. */
  readonly delay?: () => number;
}

interface PageOptions extends Circumstances {
  readonly viewport: Viewport;
  readonly scheme?: 'light' | 'dark';
  readonly endpointMetrics?: boolean;
  /** Called before each poll of the open families. */
  readonly onPoll?: () => void;
}

/** A page for a picture. */
export class PicturedPage {
  readonly page: Page;
  readonly #served: Served;

  private constructor(page: Page, served: Served) {
    this.page = page;
    this.#served = served;
  }

  static async open(browser: Browser, recorder: PrometheusRecorder, options: PageOptions): Promise<PicturedPage> {
    const { viewport, scheme = 'light', endpointMetrics = true, onPoll, delay } = options;
    const served = new Served();
    const { origin } = await served.serve(recorder, { endpointMetrics });
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(steadyClock);
    await page.setRequestInterception(true);
    page.on('request', async (request) => {
      // Why before the request is sent: its answer would have what happens, or not.
      if (new URL(request.url()).pathname === '/metrics') onPoll?.();
      if (delay !== undefined) await wait(delay());
      await request.continue();
    });
    await page.emulateTimezone('UTC');
    await page.setViewport(viewport);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(origin);
    await until(async () => (await page.$('.toolbar')) !== null && page.evaluate('clock.isIdle()'));
    return new PicturedPage(page, served);
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.#served.close();
  }

  /** Lets time pass, and waits for the answers that belong to it. */
  async pass(seconds: number): Promise<void> {
    await this.page.evaluate(`clock.go(${seconds})`);
    await until(() => this.page.evaluate('clock.isIdle()'));
  }

  openFamilies(...names: readonly string[]): Promise<unknown> {
    return this.page.evaluate(
      `for (const one of document.querySelectorAll('details')) one.open = ${JSON.stringify(names)}.includes(one.dataset.family);`,
    );
  }

  /** Chooses from a list within a part of the page. */
  choose(within: string, label: string, value: string): Promise<unknown> {
    return this.page.evaluate(`{
      const labels = [...document.querySelector(${JSON.stringify(within)}).querySelectorAll('label')];
      const select = labels.find((one) => one.querySelector('span').textContent === ${JSON.stringify(label)}).querySelector('select');
      select.value = ${JSON.stringify(value)};
      select.dispatchEvent(new Event('change'));
    }`);
  }

  /** Why not PNG: a picture of text is three times as large there. */
  take(): Promise<Uint8Array> {
    return this.page.screenshot({ type: 'webp', quality: 85 });
  }
}

/** So long the shop is seen before a picture is taken. Why more than a minute: a graph of a minute is full. */
const seenSeconds = 90;

/** Opens the page of a shop whose orders come all the time, with graphs of the last minute of these families. */
async function openShop(browser: Browser, options: PageOptions, ...families: readonly string[]): Promise<PicturedPage> {
  const shop = new PicturedShop();
  const opened = await PicturedPage.open(browser, shop.recorder, { ...options, onPoll: () => shop.step(20) });
  await opened.openFamilies(...families);
  await opened.choose('.toolbar', 'Range', '1');
  await opened.pass(seenSeconds);
  return opened;
}

const desktop = { width: 1000, height: 900 };
const lowDesktop = { width: 1000, height: 600 };
const phone = { width: 390, height: 844 };

/** Opens a page, as it is when its picture is taken. */
export type OpenPage = (browser: Browser, circumstances?: Circumstances) => Promise<PicturedPage>;

/** The pictures of the documents. */
export type PictureName = 'page-desktop' | 'page-dark' | 'page-phone' | 'page-500-families' | 'page-empty';

/** The page of each picture. */
export const pictures: Readonly<Record<PictureName, OpenPage>> = {
  'page-desktop': (browser, circumstances) =>
    openShop(browser, { viewport: desktop, ...circumstances }, 'orders_placed_total'),

  'page-dark': async (browser, circumstances) => {
    const options = { viewport: desktop, scheme: 'dark', ...circumstances } as const;
    const opened = await openShop(browser, options, 'order_duration_seconds');
    await opened.choose('details[data-family=order_duration_seconds]', 'View', 'Heat map');
    return opened;
  },

  'page-phone': (browser, circumstances) =>
    openShop(browser, { viewport: phone, ...circumstances }, 'orders_placed_total'),

  'page-500-families': async (browser, circumstances) => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
    for (let i = 0; i < 500; i++) {
      recorder.gauge(defineGauge({ name: `warehouse_${i}_pallets`, help: `Pallets in warehouse ${i}` })).set({}, i);
    }
    const opened = await PicturedPage.open(browser, recorder, { viewport: lowDesktop, ...circumstances });
    await opened.page.type('#search', 'warehouse_49');
    await until(async () => (await opened.page.$$('details:not([hidden])')).length === 11);
    return opened;
  },

  'page-empty': (browser, circumstances) => {
    const options = { viewport: lowDesktop, endpointMetrics: false, ...circumstances };
    return PicturedPage.open(browser, new PrometheusRecorder(), options);
  },
};
