import { needs } from '../needs.js';
import { Golden } from './golden.js';
import { bounds, naming, processWarnings, remarks, wiring } from './messages/advice.js';
import { type Cases, type Placeholders, textOf } from './messages/cases.js';
import { packageMessages } from './messages/child.js';
import { families, recorderOptions } from './messages/declarations.js';
import { decorating } from './messages/decorators.js';
import { doctorCauses, doctorSteps } from './messages/doctor.js';
import { assertions, inversify, koa, matchers } from './messages/frameworks.js';
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
  wiring,
  'process-warnings': processWarnings,
  'server-options': serverOptions,
  listening,
  whereabouts,
  koa,
  inversify,
  assertions,
  matchers,
};

async function compare(area: string, cases: Cases, placeholders?: () => Placeholders): Promise<void> {
  golden.compare(`${area}.txt`, await textOf(cases, placeholders));
}

describe('The messages of the product', () => {
  for (const [area, cases] of Object.entries(areas)) {
    it(`equal the golden file: ${area}`, () => compare(area, cases));
  }

  it('equal the golden file: packages that are missing or doubled', async () => {
    await compare('packages', await packageMessages());
  });

  it('equal the golden file: causes that the doctor names', async () => {
    golden.compare('doctor-causes.txt', await doctorCauses());
  });

  it('equal the golden file: steps that the doctor reports', async () => {
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

    it('equal the golden file: web-config.yml', () => compare('web-config', files.webConfig(), withoutFolder));
    it('equal the golden file: certificates, keys and tokens', () =>
      compare('secrets', files.secrets(), withoutFolder));
    it('equal the golden file: files that change', () => compare('reloads', files.reloads(), withoutFolder));

    it('leave no golden file without a comparison', () => {
      golden.refuseLeftovers();
    });
  });
});
