import { needs } from '../needs.js';
import { Golden } from './golden.js';
import { bounds, naming, processWarnings, remarks } from './messages/advice.js';
import { type Cases, type Placeholders, textOf } from './messages/cases.js';
import { packageMessages } from './messages/child.js';
import { families, recorderOptions } from './messages/declarations.js';
import { decorating } from './messages/decorators.js';
import { doctorCauses, doctorSteps } from './messages/doctor.js';
import { assertions, inversify, koa } from './messages/frameworks.js';
import { clashes, collectors, drops } from './messages/recording.js';
import { listening, ServingFiles, serverOptions, whereabouts } from './messages/serving.js';

const golden = new Golden('messages');

/** Every area, by the name of its file. */
const areas: Readonly<Record<string, Cases>> = {
  families,
  decorators: decorating,
  'recorder-options': recorderOptions,
  drops,
  collectors,
  clashes,
  naming,
  bounds,
  remarks,
  'process-warnings': processWarnings,
  'server-options': serverOptions,
  listening,
  whereabouts,
  koa,
  inversify,
  assertions,
};

async function compare(area: string, cases: Cases, placeholders?: () => Placeholders): Promise<void> {
  golden.compare(`${area}.txt`, await textOf(cases, placeholders));
}

describe('Every message of the product', () => {
  for (const [area, cases] of Object.entries(areas)) {
    it(`is as before: ${area}`, () => compare(area, cases));
  }

  it('is as before: packages that are missing or doubled', async () => {
    await compare('packages', await packageMessages());
  });

  it('is as before: what the doctor says of each cause', async () => {
    golden.compare('doctor-causes.txt', await doctorCauses());
  });

  it('is as before: what the doctor says at each step', async () => {
    golden.compare('doctor-steps.txt', await doctorSteps());
  });

  describe('with files', () => {
    let files: ServingFiles;

    before(function () {
      needs(this as never, 'openssl');
      files = new ServingFiles();
    });

    after(() => files?.remove());

    const withoutFolder = () => [[files.folder, '<folder>']] as const;

    it('is as before: web-config.yml', () => compare('web-config', files.webConfig(), withoutFolder));
    it('is as before: certificates, keys and tokens', () => compare('secrets', files.secrets(), withoutFolder));
    it('is as before: files that change', () => compare('reloads', files.reloads(), withoutFolder));

    it('has no golden file that nothing compares', () => {
      golden.refuseLeftovers();
    });
  });
});
