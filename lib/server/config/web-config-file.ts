import type { WatchedFiles } from '../../access/watched-files.js';
import { MetricsError, type Problem, refuseIfAny } from '../../error.js';
import { checkWebConfig, type WebConfig } from './web-config.js';

/**
 * Reads a `web-config.yml`, the file that every exporter of Prometheus takes.
 *
 * @throws MetricsError with everything that is wrong in it, each with its line.
 */
export async function readWebConfig(path: string, files: WatchedFiles): Promise<WebConfig> {
  const text = await files.read(path, 'webConfigFile');
  const { LineCounter, parseDocument, isNode, isMap, isScalar } = await loadYaml();
  const lines = new LineCounter();
  // Why 1.1: exporters read this version.
  const document = parseDocument(text, { lineCounter: lines, version: '1.1' });
  const yamlProblem = (line: number, message: string): Problem => ({
    code: 'illegal_option',
    message: `line ${line}: "${path}" is not YAML (${message.split('\n')[0]?.replace(/ at line .*$/, '')}). Correct it.`,
  });
  // Why only the first: the others, which may be hundreds, mostly follow from it.
  const [error] = document.errors;
  if (error !== undefined) throw new MetricsError(path, [yamlProblem(lines.linePos(error.pos[0]).line, error.message)]);
  const { config, problems } = checkWebConfig(readValues(), (at) => `line ${lineOf(at)}: "${at.join('.') || path}"`);
  refuseIfAny(path, problems);
  return config;

  /** The values in the file. Only here does YAML find an alias of nothing, or one that expands without end. */
  function readValues(): unknown {
    try {
      return document.toJS();
    } catch (cause) {
      throw new MetricsError(path, [yamlProblem(1, (cause as Error).message)], { cause });
    }
  }

  /** The line of a field's name, or of the nearest mapping around it. */
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

// Why loaded here: yaml is an optional peer, and a file is read asynchronously anyway.
async function loadYaml() {
  try {
    return await import('yaml');
  } catch (cause) {
    const message = 'package "yaml" is needed to read a web-config.yml (given none that loads). Run: npm install yaml.';
    throw new MetricsError('MetricsServer', [{ code: 'missing_peer', message }], { cause });
  }
}
