import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const { resolve } = createRequire(import.meta.url);

/**
 * Makes the module with the script and the style of the page for people, with uPlot in both, compressed.
 *
 * Why in a module, and not as files: a service that is bundled has no files beside its bundle.
 */
export async function createLandingAssets() {
  const assets = { landingScript: await bundleScript(), landingStyle: joinStyles() };
  const lines = Object.entries(assets).map(([name, text]) => {
    const compressed = gzipSync(text, { level: 9 });
    // Why: the header names the system that compressed, and the package must be the same from every system.
    compressed[9] = 255;
    return `export const ${name} = '${compressed.toString('base64')}';\n`;
  });
  return lines.join('');
}

async function bundleScript() {
  const bundle = await rolldown({
    input: join(root, 'lib/page/main.ts'),
    platform: 'browser',
    tsconfig: join(root, 'lib/page/tsconfig.json'),
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true, comments: false });
  return output[0].code;
}

function joinStyles() {
  const files = [resolve('uplot/dist/uPlot.min.css'), join(root, 'lib/page/page.css')];
  return files.map((file) => readFileSync(file, 'utf8')).join('');
}
