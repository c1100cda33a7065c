import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type ExposedFamily, type SampleWriter, type Scrapable, scrape } from '../../lib/index.js';
import { withLabels } from '../../lib/store/with-labels.js';

describe('Labels that are added to a family', () => {
  const labels = [
    ['service', 'mail'],
    ['zone', 'eu'],
  ] as const;

  /** What a scrape shows of a family with these samples: each the labels that it changes, and how many it has. */
  async function shown(samples: (writer: SampleWriter) => void): Promise<string[]> {
    const write = (writer: SampleWriter) => {
      samples(writer);
      return [];
    };
    const family: ExposedFamily = { name: 'rooms', type: 'histogram', help: 'Rooms', write };
    const scrapable: Scrapable = { exposedFamilies: async () => [withLabels(family, labels)] };
    const { body } = await scrape(scrapable, { method: 'GET' });
    return (await text(body)).split('\n').filter((line) => line.startsWith('rooms'));
  }

  it('appear on a sample without labels', async () => {
    const lines = await shown((samples) => {
      samples.value(0, 1);
    });
    expect(lines).to.deep.equal(['rooms{service="mail",zone="eu"} 1']);
  });

  it("follow the sample's own labels, whichever of them changed since the sample before", async () => {
    const lines = await shown((samples) => {
      samples.label(0, 'floor', '1');
      samples.label(1, 'door', 'a');
      samples.sample(2, '_bucket', 1, { label: 'le', at: 5 });
      samples.sample(2, '_count', 2);
      samples.label(1, 'door', 'b');
      samples.value(2, 3);
      samples.value(1, 4);
      samples.label(0, 'floor', '2');
      samples.value(1, 5);
    });
    expect(lines).to.deep.equal([
      'rooms_bucket{floor="1",door="a",service="mail",zone="eu",le="5"} 1',
      'rooms_count{floor="1",door="a",service="mail",zone="eu"} 2',
      'rooms{floor="1",door="b",service="mail",zone="eu"} 3',
      'rooms{floor="1",service="mail",zone="eu"} 4',
      'rooms{floor="2",service="mail",zone="eu"} 5',
    ]);
  });

  it('give way to a label of the sample that has the same name', async () => {
    const lines = await shown((samples) => {
      samples.label(0, 'zone', 'us');
      samples.value(1, 1);
      samples.label(0, 'floor', '1');
      samples.value(1, 2);
    });
    expect(lines).to.deep.equal(['rooms{zone="us",service="mail"} 1', 'rooms{floor="1",service="mail",zone="eu"} 2']);
  });
});
