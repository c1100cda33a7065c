import { describeTypes } from './types.suite.js';

// Why this version here and the others in types.servers.spec.ts: it takes a second where they take ten.
describeTypes([{ version: '7.0', folder: 'typescript-7', ignore: ['--ignoreConfig'] }]);
