/** The public names: every export of every entry point. A change to the list is a change to the interface. */
import path from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from './support/source-tree.js'

const entries: Record<string, { readonly file: string; readonly names: string }> = {
  windlass: {
    file: 'lib/index.ts',
    names: `
      AllPlatformsOptions AllTagsOptions CloseOptions CollectOptions Collected CollectedThing Descriptor
      Digest EachPullOptions ErrorCode ErrorRecord ErrorSubject FailedRemoval FailedTag FileOptions FileType
      FilesOptions GoalOptions ImageConfig ImageFile ImageIndex ImageManifest ImageProblem ImageSource
      ImageSummary InspectRequest InspectedFields InspectedImage Inspection LayerEvent LayerStatus LayerToRead
      LimitName Limits OpenOptions OpenedFile Platform Pull PullAllOptions PullContext PullEvent PullOptions
      PullParts PullSet PullSnapshot PullStages PulledImage PulledIndex PulledLayer PulledTag PulledTags
      ReadImageOptions ReadableImage Reference Registries RegistriesOptions RegistryCredentials RegistrySource
      RemovalOutcome RemovedImage ResolvedName RunningPull StartedPull Store StoreOptions StoreProblem
      TagOutcome TagsWarning UnpackPool VerifyOptions VerifyReport Windlass WindlassError allPlatforms allTags
      createContext decodeEvent defaultLimits eachPull emptySnapshot encodeEvent errorCodes fetch
      formatPlatform hasFailed holdsCertificate hostPlatform inspect inspectedFields latestOrFirst
      layoutSource matchPlatform open openStore parseDigest parsePlatform parseReference pull pullStages
      readImage reduce registrySource someTags
    `,
  },
  'windlass/flow': {
    file: 'lib/flow/index.ts',
    names: `
      Actor ActorOptions Behavior BufferOptions CloseOptions Deferred DeferredOptions Demand Failure Flow
      FlowEvent FlowNotice Order ProtocolError RetryOptions Run Scope SideChannel SingleFlight SlotOptions Stage
      StageOptions StillRunningError Supervisor Turn Verdict branch compose expand firstMatch identity keep lift
      maxTimer retrying run scoped skipping stage through toArray untilAborted
    `,
  },
  'windlass/stages': {
    file: 'lib/stages/index.ts',
    names: `
      Arriving ArrivingLayer AssembleOptions AwaitingConfig BySchemaCases CommitImageOptions ConfigDocument
      DecideTransfer DownloadLimits DownloadOptions DownloadTask Downloads EnsureLayerOptions EnsuredLayer
      FetchConfigOptions FetchedLayer FinishedImage ForeignUrlOrder ImageDocument ImageRequest IndexDocument
      IndexedImage IndexedImages LayerAction LayerFlights LayerGoal LayerTask PlanOptions PlannedImage
      PlannedLayer PullTurn PullableDocument PulledImage PulledLayer ReadSchema1Document ReadSchema1Options
      ResolveOptions Resolved RetryPolicy Schema1Document Schema1ImageDocument SharedLayerTask
      SizeSchema1Options UnpackOptions UnpackWork UnpackedLayer Unpacks WholeImage againAfter assemble
      awaitConfig bySchema checkPlatform checkSpace choosePlatform commitBlob commitImage commitLayer
      convertSchema1 defaultRetryPolicy documentRetryPolicy download eachLayer ensureLayer fetchConfig
      fillPlatforms holdImage imageBytes imagesOfIndex plan pullStage readSchema1 readyThreads reserve resolve
      resolveEntry retryingTransfers sizeSchema1 toPullEvent transfer unpack unpackSlots verify
    `,
  },
  'windlass/pipelines': {
    file: 'pipelines/index.ts',
    names: `
      AllPlatformsOptions AllTagsOptions CollectOptions Collected CollectedThing EachPullOptions FailedRemoval
      FailedTag FileType ImageFile ImageProblem ImageSummary InspectRequest InspectedFields InspectedImage
      Inspection LayerToRead OpenedFile PullParts PullStages PulledImage PulledIndex PulledLayer PulledTag
      PulledTags ReadImageOptions ReadableImage RemovalOutcome RemovedImage ResolvedName RunningPull
      StoreProblem TagOutcome TagsWarning VerifyOptions VerifyReport allPlatforms allTags eachPull fetch
      hasFailed holdsCertificate inspect inspectedFields latestOrFirst pull pullStages readImage someTags
    `,
  },
  'windlass/testing': {
    file: 'lib/testing/index.ts',
    names: `
      Answer Auth BasicAuth BreakOff BuiltDocument BuiltImage BuiltIndex BuiltLayer CataloguedFault
      CataloguedMoment CertificateOptions CompareOptions Difference Fault FaultBudget FaultMoment FaultOutcome
      FaultScene FaultSetting FlowMarbles Hook ImageFormat ImagePlatform ImageSpec ImageTarget Law LawOptions
      LayerEntry LayerEntryType LayerSpec NothingLeftOptions PackDirectoryOptions RegistryOptions RequestKind
      RequestLogEntry SinkProbe SinkProbeOptions SourceProbe TestCertificate TestRegistry TokenAuth TreeEntry
      TreeEntryType WirePart assertNothingLeft backTo buildImage buildIndex buildLayer byteString compareTrees
      describeTree faultCatalogue faults flowMarbles opaque packDirectory packEntries problem putImage sinkProbe
      sourceProbe stageLaws startFaultScene startRegistry testCertificate tinyImage whiteout
    `,
  },
}

const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file))
  .config as object
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const program = ts.createProgram(
  Object.values(entries).map(({ file }) => path.join(root, file)),
  options,
)
const checker = program.getTypeChecker()

/** The exports of the entry point in `file`, each as its declaration. */
function exportsOf(file: string): readonly { readonly name: string; readonly symbol: ts.Symbol }[] {
  const source = checker.getSymbolAtLocation(program.getSourceFile(path.join(root, file))!)!
  return checker.getExportsOfModule(source).map((each) => ({
    name: each.name,
    symbol: each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each,
  }))
}

describe.each(Object.entries(entries))('%s', (_, { file, names }) => {
  it('exports these names and no others', () => {
    expect(
      exportsOf(file)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names.trim().split(/\s+/))
  })

  it('has a docstring on the declaration of every name', () => {
    const bare = exportsOf(file).filter(
      ({ symbol }) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() === '',
    )
    expect(bare.map(({ name }) => name)).toEqual([])
  })
})
