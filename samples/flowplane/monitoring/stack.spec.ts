import { expect } from 'chai';
import { readPorts, stackPrograms } from './stack-programs.js';

describe('The stack', () => {
  it('has Prometheus on port 9091 and Grafana on port 3000 by default', () => {
    expect(readPorts({})).to.deep.equal({ api: '8080', metrics: '9090', prometheus: '9091', grafana: '3000' });
    const [, prometheus, grafana] = stackPrograms(readPorts({}), '/tmp');
    expect(prometheus?.command).to.include('--web.listen-address=127.0.0.1:9091');
    expect(grafana?.environment).to.deep.include({
      GF_SERVER_HTTP_PORT: '3000',
      PROMETHEUS_URL: 'http://127.0.0.1:9091',
    });
  });
});
