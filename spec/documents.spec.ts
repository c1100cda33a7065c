import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { dropReasons } from '../lib/index.js';
import { commandLineReference } from './documents/command-line-reference.js';
import { documentAt, documents, isExternal, linkProblem, resolveLink, root, textBelow } from './documents/documents.js';
import { codeIn, codeRows, ownFamilyNames } from './documents/facts.js';
import { familiesIn, scrapeEveryFamily, valuesIn } from './documents/observed-metrics.js';
import {
  compileSnippets,
  isAsStated,
  type Printed,
  runSnippets,
  type Snippet,
  writeSnippets,
} from './documents/snippets.js';

const readme = documentAt('README.md');
const pages = documents.filter(({ path }) => path.startsWith('docs/'));
const yamlBlocks = documents.flatMap(({ path, fences }) =>
  fences.filter(({ language }) => language === 'yaml').map((fence) => ({ path, ...fence })),
);

describe('The snippets of the documents', function () {
  this.timeout(120_000);
  let snippets: readonly Snippet[];
  let faults: readonly string[];

  before(() => {
    snippets = writeSnippets(documents);
    faults = compileSnippets();
  });

  it('compile against the public types', () => {
    expect(faults).to.deep.equal([]);
    expect(snippets.length).to.be.above(25);
  });

  it('run, print what the documents show, and cause no warning', async () => {
    const printed: ReadonlyMap<Snippet, Printed> = await runSnippets(snippets);
    const wrong = snippets.flatMap((snippet) => {
      const found = printed.get(snippet) as Printed;
      return isAsStated(snippet, found) ? [] : [{ snippet: snippet.title, stated: snippet.output, ...found }];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('have languages that these specs check, or that are only read', () => {
    const known = ['ts', 'js', 'yaml', 'sh', 'text', ''];
    const unknown = documents.flatMap(({ path, fences }) =>
      fences
        .filter(({ language }) => !known.includes(language))
        .map(({ line, language }) => `${path}:${line} ${language}`),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('in YAML contain objects without syntax errors', () => {
    expect(yamlBlocks.length).to.be.above(5);
    for (const { path, line, text } of yamlBlocks) {
      expect(() => parse(text), `${path}:${line}`).to.not.throw();
      expect(parse(text), `${path}:${line}`).to.be.an('object');
    }
  });
});

describe('The links of the documents', () => {
  it('lead to files and headings that exist', () => {
    const relative = documents.flatMap((document) =>
      document.links.filter(({ target }) => !isExternal(target)).map((link) => ({ document, ...link })),
    );
    expect(relative.length).to.be.above(50);
    const broken = relative.flatMap(({ document, target, line }) => {
      const problem = linkProblem(document, target);
      return problem === undefined ? [] : [`${document.path}:${line}: ${target} ${problem}`];
    });
    expect(broken).to.deep.equal([]);
  });

  it('lead from the index to every page of docs/', () => {
    const index = documentAt('docs/README.md');
    const linked = index.links.map(({ target }) => resolveLink(index, target).path);
    const missing = pages.map(({ path }) => path).filter((path) => path !== index.path && !linked.includes(path));
    expect(missing).to.deep.equal([]);
  });
});

describe('README.md', () => {
  it('has at most 180 lines', () => {
    expect(readme.lines.length - 1).to.be.at.most(180);
  });

  it('has a first example of at most 45 lines, its output included', () => {
    const [example, output] = readme.fences;
    expect(example?.language).to.equal('ts');
    expect(output?.language).to.equal('');
    const lines = [example, output].flatMap((fence) => fence?.text.trimEnd().split('\n') ?? []);
    expect(lines.length).to.be.within(20, 45);
  });

  it('shows the mission in its first example', () => {
    const text = readme.fences[0]?.text ?? '';
    for (const part of ['@Gauge', 'listClustersByTeam', '@Counter', 'mayAccess', 'new Container()', 'MetricsServer']) {
      expect(text).to.contain(part);
    }
  });

  /** What a new reader asks first, and how a heading that answers is worded. */
  const questions: readonly (readonly [question: string, heading: RegExp])[] = [
    ['how to add metrics to an existing service', /add metrics to an existing service/i],
    ['how to lock the endpoint', /lock the (metrics )?endpoint/i],
    ['why a metric is missing', /metric is missing/i],
  ];
  for (const [question, heading] of questions) {
    it(`answers in two clicks ${question}`, () => {
      const linked = readme.links
        .filter(({ target }) => !isExternal(target))
        .map(({ target }) => documents.find(({ path }) => path === resolveLink(readme, target).path))
        .filter((page) => page !== undefined && page !== readme);
      const answers = linked.flatMap((page) =>
        (page?.headings ?? []).filter(({ text }) => heading.test(text)).map((found) => page && textBelow(page, found)),
      );
      expect(answers.length).to.be.above(0);
      for (const answer of answers) expect(answer).to.have.length.above(80);
    });
  }
});

describe('The pages of docs/', function () {
  this.timeout(120_000);

  it('begin with a title, and a sentence that says what the reader can do after it', () => {
    const wrong = pages.filter(({ lines }) => !/^# \S/.test(lines[0] ?? '') || !isPromise(lines[2] ?? ''));
    expect(pages.length).to.be.above(15);
    expect(wrong.map(({ path }) => path)).to.deep.equal([]);
  });

  const isPromise = (line: string): boolean => /^After this page you can [^.]+\.$/.test(line);

  it('have in reference/command-line.md what the commands print (npm run docs writes it)', async () => {
    expect(documentAt('docs/reference/command-line.md').lines.join('\n')).to.equal(await commandLineReference());
  });
});

describe('The tables of docs/', function () {
  this.timeout(120_000);
  const namesIn = (rows: readonly string[][]): string[] => rows.map(([name = '']) => name);
  const troubleshooting = (heading: string): string[] =>
    namesIn(codeRows(documentAt('docs/guides/troubleshooting.md'), heading));
  let exposition: string;

  before(async () => {
    exposition = await scrapeEveryFamily();
  });

  it('have every metric of the library with its type and labels', () => {
    const rows = codeRows(documentAt('docs/reference/metrics.md'));
    const stated = rows.map(([name = '', type = '', labels = '']) => ({ name, type, labels: codeIn(labels) }));
    const isOwn = ({ name }: { readonly name: string }): boolean =>
      /^(flowplane_metrics|http_server|method)_/.test(name);
    const observed = familiesIn(exposition).filter(isOwn);
    expect(stated).to.have.deep.members(observed);
    expect(namesIn(rows).filter((name) => name.startsWith('flowplane_'))).to.have.members(ownFamilyNames());
  });

  it('have every reason of a dropped observation', () => {
    expect(troubleshooting('Why an observation was dropped')).to.have.members(dropReasons);
  });

  it('have every reason for which a request is refused', () => {
    const page = documentAt('docs/reference/endpoint.md');
    const heading = page.headings.find(({ text }) => text === 'Status codes');
    const rows = heading === undefined ? '' : textBelow(page, heading);
    const stated = [...rows.matchAll(/^\| (?:\d+|closed) \|(.*?)\|/gm)].flatMap(([, reasons = '']) => codeIn(reasons));
    expect(stated).to.have.members(valuesIn(exposition, 'flowplane_metrics_requests_refused_total', 'reason'));
  });

  it('have the versions of the optional packages that package.json asks for', () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const rows = codeRows(documentAt('docs/reference/compatibility.md'));
    const stated = rows.map(([name, versions = '']) => [name, codeIn(versions)[0]]);
    expect(stated).to.include.deep.members(Object.entries(peerDependencies));
  });
});
