import { expect, use } from 'chai';
import { attachRecorder } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';
import { TeamAuthorizer } from './team-authorizer.js';

use(metricsAssertions);

describe('TeamAuthorizer', () => {
  const attempts = 'auth_cross_team_access_attempts_total';
  let metrics: MemoryRecorder;
  let authorizer: TeamAuthorizer;

  beforeEach(() => {
    metrics = new MemoryRecorder({ strict: true });
    authorizer = attachRecorder(new TeamAuthorizer(), metrics);
  });

  it('counts an attempt to access resources of another team', () => {
    const labels = { from_team: 'checkout', to_team: 'payments', resource_type: 'route' };
    expect(metrics)
      .to.have.increased(attempts, labels, () => authorizer.mayAccess('checkout', 'payments', 'route'))
      .by(1);
  });

  it("does not count access to a team's own resources", () => {
    expect(authorizer.mayAccess('payments', 'payments', 'route')).to.equal(true);
    expect(metrics).to.not.have.series(attempts);
  });
});
