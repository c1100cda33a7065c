import puppeteer, { type Browser } from 'puppeteer-core';

/** Starts Debian's Chromium, without a screen. */
export const launchChromium = (...flags: readonly string[]): Promise<Browser> =>
  puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--force-color-profile=srgb', ...flags],
  });
