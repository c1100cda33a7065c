import { expect, use } from 'chai';
import { attachRecorder } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';
import { ResourceRepository } from '../resources/resource-repository.js';
import { emptyTestDatabase } from '../testing/test-database.js';
import { XdsDatabaseService } from './xds-database-service.js';

use(metricsAssertions);

describe('XdsDatabaseService', () => {
  it('sets the gauge of a team and type to the number of resources that it lists', async () => {
    const metrics = new MemoryRecorder({ strict: true });
    const repository = attachRecorder(new ResourceRepository(await emptyTestDatabase()), metrics);
    await repository.prepare();
    for (const name of ['one', 'two', 'three']) await repository.create('payments', 'cluster', { name, spec: {} });
    const service = attachRecorder(new XdsDatabaseService(repository), metrics);

    await service.listByTeam('payments', 'cluster');
    await service.listByTeam('checkout', 'route');

    expect(metrics).to.have.series('xds_team_resources_total', { team: 'payments' }).with.value(3);
    const empty = { team: 'checkout', resource_type: 'route' };
    expect(metrics).to.have.series('xds_team_resources_total', empty).with.value(0);
  });
});
