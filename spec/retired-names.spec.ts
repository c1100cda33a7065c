import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Identifiers that were replaced by the words of the glossary in ARCHITECTURE.md. They must not come back: each meant
 * several things, or nothing to a reader who knows the field.
 */
const retired: Readonly<Record<string, string>> = {
  // families, validation and the state of the process
  OpenLabels: 'ExternalLabels',
  OptionRule: 'Rule',
  Policies: 'LabelPolicies',
  ValueOf: 'LabelValueOf',
  areOptions: 'isOptions',
  externalFamily: 'familyOfExternal',
  familyProblems: 'checkFamily',
  initialSeries: 'listInitialSeries',
  namedProblems: 'checkCommonOptions',
  namingAdvice: 'adviseOnNaming',
  noOptions: 'checkIsOptions',
  processWide: 'processState',
  ruleProblems: 'checkValue',
  shown: 'formatValue',
  unknownOptions: 'checkNames',
  Bucketed: 'BucketOptions',
  Named: 'CommonOptions',
  Bound: 'BoundInstrument, Limit or UpperBound',
  // external metrics
  Placed: 'ExternalMetric',
  PlacedCounter: 'ExternalCounter',
  PlacedGauge: 'ExternalGauge',
  PlacedHistogram: 'ExternalHistogram',
  PlacedRecorder: 'ExternalMetricRecorder',
  RegistryMembership: 'RegistryBridge',
  placedFamily: 'familyOfExternal',
  // recorder and containers
  Collected: 'CollectedValues',
  CounterByHand: 'CounterHandle',
  GaugeByHand: 'GaugeHandle',
  Hear: 'InstanceObserver',
  HistogramByHand: 'HistogramHandle',
  Place: 'SeriesId',
  announceRecorder: 'registerRecorder',
  firstOf: 'listValues',
  folds: 'allowOverflow',
  hear: 'onInstance',
  hearByMiddleware: 'observeViaMiddleware',
  hearByPlugin: 'observeViaPlugin',
  hearEvery: 'addActivation',
  hearInstances: 'observeInstances',
  hearing: 'ownActivations',
  hears: 'observers',
  openAll: 'openFamilies',
  setAll: 'setCollected',
  wire: 'instanceObserver',
  // calls and decorators
  Beginning: 'Call',
  BoundInFlight: 'BoundInFlightGauge',
  BoundStack: 'ObserverStack',
  CounterRule: 'CountOptions',
  EarlyFamilyLabels: 'EarlyFamilyLabelOptions',
  EarlyLabels: 'EarlyLabelOptions',
  EarlyReader: 'EarlyLabelSources',
  End: 'Outcome',
  Ending: 'CompletionTracker',
  Entered: 'InFlightLease',
  FamilyLabels: 'FamilyLabelOptions',
  Given: 'DecoratorArguments',
  On: 'RecordedOutcome',
  Pending: 'Call',
  PendingCall: 'Call',
  Self: 'ReaderThis',
  Settled: 'ValueReader',
  TimedRule: 'TimingOptions',
  Unrecordable: 'DroppedObservation',
  ValueRule: 'ValueOptions',
  begins: 'observesStart',
  callSettled: 'invokeWithValue',
  classLabel: 'toClassLabel',
  disguised: 'copyIdentity',
  endingOf: 'findTracker',
  endingOfEvery: 'trackerOfMethod',
  instrumentAt: 'createInstrument',
  isFollowedBy: 'isTrackedBy',
  labelReaders: 'toLabelReaders',
  labelSpecProblems: 'checkLabelSpec',
  methodCalls: 'declareMethodCalls',
  methodDecorator: 'createDecorator',
  methodDuration: 'declareMethodDuration',
  openOrRefuse: 'openFamily',
  placeOf: 'seriesOf',
  readerOf: 'toReader',
  siteProblems: 'checkArguments',
  unrecordable: 'dropPromise',
  watchSteps: 'interceptSteps',
  withFamily: 'resolveExternalMetric',
  // instrumentation and store
  Disguise: 'LabelTransform',
  LabelDomain: 'LabelGuard',
  LabelDomains: 'LabelGuards',
  adviseUnwired: 'warnNotAttached',
  unshared: 'ensureFreshTarget',
  // store, exposition and prometheus
  BoundsAdvice: 'LimitsAdvice',
  BoundsWatch: 'LimitsWatch',
  BudgetAdvice: 'SampleLimitAdvice',
  BudgetWatch: 'SampleLimitWatch',
  Collection: 'Collectors',
  DomainEvents: 'LabelGuardEvents',
  DomainOptions: 'LabelGuardOptions',
  ForeignMetric: 'ExternalMetric',
  ForeignRegistry: 'ExternalRegistry',
  ForeignSnapshot: 'ExternalSnapshot',
  ForeignValue: 'ExternalValue',
  SampleBudget: 'SampleLimit',
  Told: 'DerivedSample',
  ToldFamily: 'DerivedFamily',
  cardinalityOf: 'countCardinality',
  disguise: 'transform',
  explained: 'explainFamilies',
  firstSight: 'getOrCreate',
  foldsFrom: 'maxUnfolded',
  foreign: 'exposedFamilies',
  foreignFamilies: 'readRegistry',
  fourFifths: 'warningLevel',
  hashedWith: 'hashWith',
  isOrdinary: 'isPlainText',
  mostWindows: 'maxWindows',
  paced: 'renderInSlices',
  patience: 'timeoutSeconds',
  place: 'getOrCreate',
  recorderProblems: 'checkRecorderOptions',
  registryMetric: 'toMetric',
  sensitivePattern: 'findSensitivePattern',
  seriesRecorder: 'createSeriesRecorder',
  takeOut: 'remove',
  toldOf: 'deriveFamily',
  usualMaxSeries: 'defaultMaxSeries',
  withRoom: 'fit',
  born: 'create',
  forget: 'reset',
  meet: 'resolve',
  refusal: 'refuse',
  retire: 'dispose',
  told: 'derivedFamilies',
  // access and server
  AccessInUse: 'ReloadableAccess',
  Gate: 'AccessPolicy',
  GateKeepers: 'AccessChecks',
  Guards: 'ServerParts',
  PageRequest: 'RequestContext',
  PageResponse: 'OutgoingResponse',
  PageServer: 'MetricsServer',
  Pages: 'Routes',
  ReadFiles: 'WatchedFiles',
  Responses: 'OpenResponses',
  SharedScrapes: 'CoalescedScrapes',
  Telling: 'Introspectable',
  Turns: 'RequestPipeline',
  beside: 'mergeWith',
  configuredInCode: 'checkSharedOptions',
  credentialsIn: 'parseCredentials',
  era: 'generation',
  guarded: 'protect',
  keyedDigest: 'createKeyedDigest',
  landingPages: 'landingRoutes',
  letTheProcessEnd: 'unrefServer',
  metricsPages: 'createRoutes',
  mostAhead: 'maxPipelined',
  mostBehind: 'maxLagBytes',
  mostKept: 'maxJoinableBytes',
  mostRemembered: 'maxRemembered',
  mostWaiting: 'maxWaiting',
  nextServed: 'waitForNextSuccess',
  orAfter: 'withTimeout',
  pageListener: 'nodeApplication',
  pageRequest: 'parseRequest',
  scrapableProblems: 'checkRecorder',
  serverOptionProblems: 'checkServerOptions',
  somebodysHash: 'decoyHash',
  tokensIn: 'parseTokens',
  tryPair: 'verifyKeyPair',
  webConfigOf: 'checkWebConfig',
  whatIsAsked: 'cacheKey',
  whereAdvice: 'listenAdvice',
  // requests over HTTP
  Answer: 'ResponseTracker',
  HttpContext: 'MeasuredContext',
  HttpExchanges: 'RequestMetrics',
  HttpFamilies: 'RequestFamilies',
  HttpLabels: 'RequestLabels',
  HttpMiddleware: 'KoaMiddleware',
  HttpNames: 'Convention',
  httpFamilies: 'defineRequestFamilies',
  httpMetricsProblems: 'checkRequestMetricsOptions',
  httpNames: 'conventions',
  watchAnswer: 'trackResponse',
  whenEnded: 'trackResponse',
  // catalogue, testing and the command line
  Declaring: 'CatalogueSource',
  Facts: 'DoctorState',
  Finding: 'StepResult',
  Readings: 'ReadableMetrics',
  isFinding: 'isResult',
};

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Lists those identifiers of a file that are wanted, private ones without their `#`, with the line of each. */
function listIdentifiers(file: string, isWanted: (name: string) => boolean): (readonly [name: string, line: number])[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  const found: (readonly [string, number])[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      const name = node.text.replace(/^#/, '');
      // Why not for each: to find the place of all of them takes longer than to read the files.
      if (isWanted(name)) found.push([name, source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `lib/${file}`);

const isRetired = (name: string): boolean => Object.hasOwn(retired, name);

describe('Retired identifiers', () => {
  it('occur nowhere in lib/, neither declared nor used', () => {
    // Why first: some files have no such word at all, and need not be parsed.
    const word = new RegExp(`\\b(?:${Object.keys(retired).join('|')})\\b`);
    const used = files
      .filter((file) => word.test(read(file)))
      .flatMap((file) =>
        listIdentifiers(file, isRetired).map(
          ([name, line]) => `${file}:${line}: "${name}" is called "${retired[name]}" now`,
        ),
      );
    expect(used).to.deep.equal([]);
  });

  it('have successors, of which none is retired itself', () => {
    expect(Object.values(retired).filter(isRetired)).to.deep.equal([]);
  });

  it('appear as identifiers to the scanner, unlike words in texts and comments', () => {
    const names = listIdentifiers('lib/process-state.ts', () => true).map(([name]) => name);
    expect(names).to.include('processState').and.to.not.include('bundle');
  });
});
