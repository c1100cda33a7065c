import { expect } from 'chai';
import { parse } from 'yaml';
import { documentAt, documents, isExternal, linkProblem, resolveLink, textBelow } from './documents/documents.js';
import { commandLineReference } from './documents/command-line-reference.js';
import { optionsReference } from './documents/options-reference.js';
import { compileSnippets, fits, type Printed, runSnippets, type Snippet, writeSnippets } from './documents/snippets.js';

const readme = documentAt('README.md');
const pages = documents.filter(({ path }) => path.startsWith('docs/'));

describe('The snippets of the documents', function () {
  this.timeout(120_000);
  let snippets: readonly Snippet[];
  let faults: readonly string[];

  before(() => {
    snippets = writeSnippets(documents);
    faults = compileSnippets();
  });

  it('compile', () => {
    expect(faults).to.deep.equal([]);
    expect(snippets.length).to.be.above(25);
  });

  it('run, print what the documents say, and cause no warning', async () => {
    const printed: ReadonlyMap<Snippet, Printed> = await runSnippets(snippets);
    const wrong = snippets.flatMap((snippet) => {
      const { output, errors } = printed.get(snippet) as Printed;
      const isRight = errors === '' && fits(output, snippet.output);
      return isRight ? [] : [{ snippet: snippet.title, stated: snippet.output, output, errors }];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('in YAML can be read', () => {
    const blocks = documents.flatMap(({ path, fences }) =>
      fences.filter(({ language }) => /^ya?ml$/.test(language)).map((fence) => ({ path, ...fence })),
    );
    expect(blocks.length).to.be.above(5);
    for (const { path, line, text } of blocks) {
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

describe('The pages of docs/', () => {
  it('begin with a title, and a sentence that says what the reader can do after it', () => {
    const wrong = pages.filter(({ lines }) => !/^# \S/.test(lines[0] ?? '') || !isPromise(lines[2] ?? ''));
    expect(pages.length).to.be.above(15);
    expect(wrong.map(({ path }) => path)).to.deep.equal([]);
  });

  const isPromise = (line: string): boolean => /^After this page you can [^.]+\.$/.test(line);

  it('have in reference/options.md what the doc comments of the public options say (npm run docs writes it)', () => {
    expect(documentAt('docs/reference/options.md').lines.join('\n')).to.equal(optionsReference());
  });

  it('have in reference/command-line.md what the commands print (npm run docs writes it)', () => {
    expect(documentAt('docs/reference/command-line.md').lines.join('\n')).to.equal(commandLineReference());
  });
});
