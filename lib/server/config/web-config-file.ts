import type { ReadFiles } from '../../access/read-files.js';
import { MetricsError, type Problem, refuseIfAny } from '../../error.js';
import { type WebConfig, webConfigOf } from './web-config.js';

/**
 * Reads a `web-config.yml`, the file that every exporter of Prometheus takes.
 *
 * @throws MetricsError with everything that is wrong in it, each with its line.
 */
export async function readWebConfig(path: string, files: ReadFiles): Promise<WebConfig> {
  const text = await files.text(path, 'webConfigFile');
  const { LineCounter, parseDocument, isNode, isMap, isScalar } = await yaml();
  const lines = new LineCounter();
  // Why 1.1: it is what exporters read.
  const document = parseDocument(text, { lineCounter: lines, version: '1.1' });
  const notYaml = (line: number, message: string): Problem => ({
    code: 'illegal_option',
    message: `line ${line}: "${path}" is not YAML (${message.split('\n')[0]?.replace(/ at line .*$/, '')}). Correct it.`,
  });
  // Why the first alone: the others, which may be hundreds, mostly follow from it.
  const [error] = document.errors;
  if (error !== undefined) throw new MetricsError(path, [notYaml(lines.linePos(error.pos[0]).line, error.message)]);
  const { config, problems } = webConfigOf(values(), (at) => `line ${lineOf(at)}: "${at.join('.') || path}"`);
  refuseIfAny(path, problems);
  return config;

  /** What stands in the file; an alias of nothing, or of itself in great numbers, is seen only here. */
  function values(): unknown {
    try {
      return document.toJS();
    } catch (cause) {
      throw new MetricsError(path, [notYaml(1, (cause as Error).message)], { cause });
    }
  }

  /** The line of a field's name, or of the nearest thing around it that is there. */
  function lineOf(at: readonly string[]): number {
    const parent = at.length > 1 ? document.getIn(at.slice(0, -1), true) : document.contents;
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === at.at(-1))
      : undefined;
    const node = pair?.key ?? document.contents;
    if (pair === undefined && at.length > 1) return lineOf(at.slice(0, -1));
    return isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
  }
}

// Why loaded here: yaml is an optional peer, and reading a file is awaited anyway.
async function yaml() {
  try {
    return await import('yaml');
  } catch (cause) {
    const message = 'package "yaml" is needed to read a web-config.yml (given none that loads). Run: npm install yaml.';
    throw new MetricsError('MetricsServer', [{ code: 'missing_peer', message }], { cause });
  }
}
