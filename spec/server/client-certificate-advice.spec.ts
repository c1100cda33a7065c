import { expect } from 'chai';
import { clientCertificateAdvice } from '../../lib/server/tls/certificate-advice.js';

describe('clientCertificateAdvice()', () => {
  it('says that every client is refused where Bun does not tell the certificates that a server requests', () => {
    expect(clientCertificateAdvice(true, '1.4.5')).to.deep.equal([
      {
        code: 'certificate',
        message:
          'MetricsServer: the certificates of clients cannot be checked, so that every client is refused (given Bun 1.4.5, which does not tell them to a server). Use bearerTokens or basicAuthUsers instead, or serve the metrics by Node or Deno.',
      },
    ]);
  });

  it('says nothing in Node, nor where no certificate is requested', () => {
    expect(clientCertificateAdvice(true)).to.deep.equal([]);
    expect(clientCertificateAdvice(false, '1.4.5')).to.deep.equal([]);
  });
});
