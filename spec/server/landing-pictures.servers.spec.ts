import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { needs } from '../needs.js';
import { launchChromium } from './chromium.js';
import { comparePictures } from './compare-pictures.js';
import { type OpenPage, type PicturedPage, type PictureName, pictures } from './pictured-pages.js';
import { hideOtherDeclarations } from './pictured-shop.js';

const folder = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));
/** Why so small: every version of a picture stays in the repository. */
const maxBytes = 90_000;
/**
 * How much a tile may differ from that of the picture in the documents, of 255.
 *
 * Why so much: letters that begin at whole pixels make up to 9. Why no more: an axis that is absent makes 18, the least of what the
 * specs below remove; a heat map makes 210.
 */
const maxDifference = 13;

/** Draws all graphs again. */
const redraw = `[...document.querySelectorAll('.toolbar select')].at(-1).dispatchEvent(new Event('change'))`;

/** A script that hides elements, in whose place nothing else moves, until `restore` is called. */
const hide = (selector: string): string => `{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('${selector} { visibility: hidden !important }');
  document.adoptedStyleSheets = [sheet];
  window.restore = () => { document.adoptedStyleSheets = []; };
}`;

/** A script that keeps graphs from being drawn by a method of the canvas, where its first argument is such. */
const withhold = (method: string, condition = 'true'): string => `{
  const { prototype } = CanvasRenderingContext2D;
  const original = prototype.${method};
  prototype.${method} = function (...given) {
    const [first] = given;
    if (!(${condition})) original.apply(this, given);
  };
  ${redraw};
  window.restore = () => { prototype.${method} = original; ${redraw}; };
}`;

const axes = {
  'the values of its value axis': withhold('fillText', `!first.includes(':')`),
  'the times of its time axis': withhold('fillText', `first.includes(':')`),
};
const legend = { 'its legend': hide('.legend') };
const lines = { 'the lines of its graph': withhold('stroke') };

/** What each picture must have, and what removes it from the page. */
const parts: Readonly<Record<PictureName, Readonly<Record<string, string>>>> = {
  'page-desktop': {
    ...axes,
    ...legend,
    ...lines,
    'the colours of its legend': hide('.swatch'),
    'its error budget': hide('.budget'),
    'its unit': hide('.axis'),
    'its choices': hide('.controls'),
  },
  'page-dark': {
    ...axes,
    ...legend,
    'its heat map': withhold('fillRect'),
    'the scale of its colours': hide('.scale .bar'),
    'the numbers of that scale': hide('.scale .marks'),
  },
  'page-phone': { ...axes, ...legend, ...lines, 'its unit': hide('.axis') },
  'page-500-families': { 'the search': hide('.search'), 'what it finds': hide('summary') },
  'page-empty': { 'what is silent': hide('#silent tbody') },
};

describe('Pictures of the landing page', () => {
  let browser: Browser;
  /** One that draws letters otherwise. */
  let other: Browser;
  let showOtherDeclarations = (): void => undefined;

  before(async function () {
    needs(this, 'chromium');
    showOtherDeclarations = hideOtherDeclarations();
    browser = await launchChromium();
    other = await launchChromium('--disable-font-subpixel-positioning');
  });

  after(async () => {
    showOtherDeclarations();
    await browser?.close();
    await other?.close();
  });

  const fileOf = (name: PictureName): string => join(folder, `${name}.webp`);

  /** Compares with the picture in the documents. */
  async function compare(name: PictureName, picture: Uint8Array): Promise<number> {
    const file = fileOf(name);
    expect(existsSync(file), `${file} is absent: UPDATE_GOLDEN=1 makes it`).to.equal(true);
    return (await comparePictures(browser, readFileSync(file), picture)).most;
  }

  for (const [name, open] of Object.entries(pictures) as [PictureName, OpenPage][]) {
    describe(`The picture ${name}`, () => {
      let opened: PicturedPage;

      before(async () => {
        opened = await open(browser);
      });

      after(() => opened?.close());

      it('shows the page as it is', async () => {
        const picture = await opened.take();
        expect(picture.length).to.be.within(2000, maxBytes);
        if (process.env['UPDATE_GOLDEN'] === '1') {
          mkdirSync(folder, { recursive: true });
          writeFileSync(fileOf(name), picture);
        }
        const isOld = `${fileOf(name)} shows something else than the page does now: UPDATE_GOLDEN=1 makes it anew`;
        expect(await compare(name, picture), isOld).to.be.at.most(maxDifference);
      });

      it('has no scroll bar to the side', async () => {
        expect(await opened.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true);
      });

      for (const [part, remove] of Object.entries(parts[name])) {
        it(`differs from one of the page without ${part}`, async () => {
          await opened.page.evaluate(remove);
          try {
            expect(await compare(name, await opened.take())).to.be.above(maxDifference);
          } finally {
            await opened.page.evaluate('restore()');
          }
        });
      }

      it('stays the same where letters begin at whole pixels, and answers come late', async () => {
        const late = await open(other, { delay: () => 40 * Math.random() });
        try {
          expect(await compare(name, await late.take())).to.be.at.most(maxDifference);
        } finally {
          await late.close();
        }
      });
    });
  }
});
