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

  it('counts the attempts of more than 100 teams under "other"', () => {
    for (let team = 1; team <= 150; team += 1) authorizer.mayAccess(`team-${team}`, 'payments', 'route');
    const series = metrics.series(attempts);
    expect(series).to.have.length(101);
    const other = { from_team: 'other', to_team: 'payments', resource_type: 'route' };
    expect(metrics.value(attempts, other)).to.equal(50);
  });

  it("does not count access to a team's own resources", () => {
    expect(authorizer.mayAccess('payments', 'payments', 'route')).to.equal(true);
    expect(metrics).to.not.have.series(attempts);
  });
});
