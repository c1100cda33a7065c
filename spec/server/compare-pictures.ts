import type { Browser } from 'puppeteer-core';

/** Where two pictures differ the most. */
export interface Difference {
  /** By how much the brightness of a colour differs there, on average, of 255. */
  readonly most: number;
  /** Where the tile is. */
  readonly x: number;
  readonly y: number;
}

/** The side of a tile, in pixels. Why so small: a line of text must be much of it. */
const tileSize = 20;

/**
 * Compares two pictures tile by tile. Tiles overlap by half, so that each thing of this size is the most of one of them.
 *
 * Why by tiles: a part that is absent is little of a picture, and everything in its place. Why the average of a tile: the same
 * letters have other pixels where another machine draws them, and about as many of them.
 */
export async function comparePictures(browser: Browser, one: Uint8Array, other: Uint8Array): Promise<Difference> {
  const urls = [one, other].map((picture) => `data:image/webp;base64,${Buffer.from(picture).toString('base64')}`);
  // Why a page of its own: the policy of the pictured one forbids such pictures.
  const page = await browser.newPage();
  try {
    return (await page.evaluate(`(async () => {
      const half = ${tileSize / 2};
      /** The average colour of each square of half a tile. */
      const read = async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        const { width, height } = image;
        const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        const [columns, rows] = [Math.floor(width / half), Math.floor(height / half)];
        const squares = Array.from({ length: columns * rows }, () => [0, 0, 0]);
        for (let y = 0; y < rows * half; y++) {
          for (let x = 0; x < columns * half; x++) {
            const square = squares[Math.floor(y / half) * columns + Math.floor(x / half)];
            for (const c of [0, 1, 2]) square[c] += data[(y * width + x) * 4 + c] / half ** 2;
          }
        }
        return { width, height, columns, rows, squares };
      };
      const [a, b] = await Promise.all(${JSON.stringify(urls)}.map(read));
      if (a.width !== b.width || a.height !== b.height) return { most: 255, x: 0, y: 0 };
      const { columns, rows } = a;
      let found = { most: 0, x: 0, y: 0 };
      for (let row = 0; row + 1 < rows; row++) {
        for (let column = 0; column + 1 < columns; column++) {
          const first = row * columns + column;
          const tile = [first, first + 1, first + columns, first + columns + 1];
          for (const c of [0, 1, 2]) {
            const most = Math.abs(tile.reduce((sum, i) => sum + a.squares[i][c] - b.squares[i][c], 0)) / tile.length;
            if (most > found.most) found = { most, x: column * half, y: row * half };
          }
        }
      }
      return found;
    })()`)) as Difference;
  } finally {
    await page.close();
  }
}
