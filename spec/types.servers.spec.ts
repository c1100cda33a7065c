import { describeTypes } from './types.suite.js';

describeTypes([
  { version: '5.9', folder: 'typescript-5.9', ignore: [] },
  { version: '6.0', folder: 'typescript', ignore: ['--ignoreConfig'] },
]);
