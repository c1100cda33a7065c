import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { parseRequest } from '../../lib/http/request-context.js';

const pathOf = (url: string): string => parseRequest({ method: 'GET', url, headers: {} } as IncomingMessage).path;

describe('parseRequest', () => {
  it('reads an empty path of a whole URL as the root', () => {
    expect(['http://host', 'http://host?x=1', 'https://host/'].map(pathOf)).to.deep.equal(['/', '/', '/']);
  });

  it('leaves every other path as it was sent', () => {
    const targets = ['/metrics?x', 'http://host/metrics', '//metrics', '/%6detrics', '/metrics/', '*', '?x'];
    const paths = ['/metrics', '/metrics', '//metrics', '/%6detrics', '/metrics/', '*', ''];
    expect(targets.map(pathOf)).to.deep.equal(paths);
  });
});
