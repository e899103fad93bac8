/** The public names: every export of every entry point. A change to the list is a change to the interface. */
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { PublicNames, entryPoints } from './support/public-names.js'

const expected: Record<string, string> = {
  windlass: `
      AllPlatformsOptions AllTagsOptions ArchiveEntry CloseOptions CollectOptions Collected CollectedItem
      CopiedImage Copy CopyOptions CopyParts CopyStages CopyTarget Descriptor Digest EachPullOptions
      EntryContext EntryLayer EntrySink ErrorCode ErrorRecord ErrorSubject FailedName FailedRemoval
      FailedTag FileOptions FileType FilesOptions GoalOptions ImageConfig ImageFile ImageIndex ImageManifest
      ImageProblem ImageSink ImageSource ImageSummary InspectRequest InspectedFields InspectedImage
      Inspection LayerEntryContext LayerEntrySink LayerEvent LayerPlan LayerStatus LayerToRead Leftovers
      LimitName LimitValues Limits LiveLimits OpenBlob OpenOptions OpenedFile PlanRequest Platform Pull
      PullAllOptions PullContext PullCost PullEvent PullManyOptions PullOptions PullOutcome PullParts
      PullPlan PullReport PullSet PullSnapshot PullStages PullStagesOptions PulledBytes PulledImage
      PulledIndex PulledLayer PulledName PulledTag PulledTags PutManifestRequest ReadImageOptions
      ReadableImage Reference Registries RegistriesOptions RegistryCredentials RegistrySink RegistrySource
      RemovalOutcome RemovedImage ResolvedName RetryFailedOptions RunningPull SinkRequest StartedPull Store
      StoreOptions StoreProblem TagOutcome TagsWarning TeeOptions UnpackPool VerifyOptions VerifyReport
      Windlass WindlassError allPlatforms allTags copy copyStages createContext decodeEvent defaultLimits
      eachPull emptySnapshot encodeEvent errorCodes fetch formatPlatform hasFailed holdsCertificate
      hostPlatform inspect inspectedFields isFailedName latestOrFirst layoutSink layoutSource matchPlatform
      open openStore parseDigest parsePlatform parseReference pull pullStages readImage reduce registrySink
      registrySource someTags tee
    `,
  'windlass/flow': `
      Actor ActorOptions AskOptions Behavior BufferOptions CloseOptions Deferred DeferredOptions Demand Failure
      Flow FlowEvent FlowNotice Order Primitive Priority ProtocolError RetryOptions Run Scope SideChannel
      SingleFlight SlotCount SlotOptions Stage StageOptions StillRunningError Supervisor Turn Verdict branch compose
      expand firstMatch identity keep lift maxTimer retrying run scoped skipping stage through toArray
      untilAborted
    `,
  'windlass/events': `
      CopyResult ErrorCode ErrorRecord ErrorSubject ImageResult LayerEvent LayerRetry LayerSnapshot LayerStatus
      PlannedLayer PullEvent PullEventBody PullEventLog PullPhase PullSnapshot PullTotals Replay WindlassError
      byteEventInterval decodeEvent emptySnapshot encodeEvent eventVersion layerStatuses listenerFailed reduce
      toPullEvent
    `,
  'windlass/stages': `
      Arriving ArrivingLayer AssembleOptions AwaitingConfig BlobCopies BlobCopyLimits BlobOutcome BlobTask
      BySchemaCases CommitImageOptions ConfigDocument CopiedBlob CopiedBlobs CopiedImage CopyPlan CopyTarget
      DecideTransfer DownloadLimits DownloadOptions DownloadTask Downloads EnsureLayerOptions EnsuredLayer
      EntryLayer FetchConfigOptions FetchedLayer FinishedImage ForeignUrlOrder ImageDocument ImageRequest
      IndexDocument IndexedImage IndexedImages LayerAction LayerEntries LayerEntryContext LayerEntrySink
      LayerFlights LayerGoal LayerTask ManifestNode PlanOptions PlannedImage PlannedLayer PullTurn PullableDocument
      PulledImage PulledLayer PutManifestsOptions ReadManifestsOptions ReadSchema1Document ReadSchema1Options
      ResolveOptions Resolved RetryPolicy Schema1Document Schema1ImageDocument SharedLayerTask SizeSchema1Options
      StoredEntriesOptions UnpackOptions UnpackedLayer WholeImage againAfter assemble awaitConfig bySchema
      checkPlatform checkSpace choosePlatform commitBlob commitImage commitLayer convertSchema1 copyBlobs
      defaultRetryPolicy documentRetryPolicy download eachBlob eachLayer ensureLayer fetchConfig fillPlatforms
      holdImage imageBytes imagesOfIndex plan pullStage putManifests putRoot readManifests readSchema1 readyThreads
      reserve resolve resolveEntry retryingTransfers sizeSchema1 storedEntries toPullEvent transfer unpack verify
    `,
  'windlass/pipelines': `
      AllPlatformsOptions AllTagsOptions CollectOptions Collected CollectedItem CopiedImage CopyParts
      CopyStages CopyTarget EachPullOptions EntryLayer FailedName FailedRemoval FailedTag FileType ImageFile
      ImageProblem ImageSummary InspectRequest InspectedFields InspectedImage Inspection LayerEntryContext
      LayerEntrySink LayerPlan LayerToRead Leftovers OpenedFile PullCost PullOutcome PullParts PullPlan
      PullReport PullStages PullStagesOptions PulledBytes PulledImage PulledIndex PulledLayer PulledName
      PulledTag PulledTags ReadImageOptions ReadableImage RemovalOutcome RemovedImage ResolvedName
      RunningPull StoreProblem TagOutcome TagsWarning VerifyOptions VerifyReport allPlatforms allTags copy
      copyStages eachPull fetch hasFailed holdsCertificate inspect inspectedFields isFailedName
      latestOrFirst pull pullStages readImage someTags
    `,
  'windlass/bench': `
      BenchOptions BenchPictures BenchReport BenchSetting BenchText GridResult Recommendation SettingResult Span
      Spread Timeline TimelineStage bench benchText drawBench
    `,
  'windlass/testing': `
      Answer Auth BasicAuth BreakOff BuiltDocument BuiltImage BuiltIndex BuiltLayer CataloguedFault
      CataloguedMoment CertificateOptions CompareOptions Difference Fault FaultBudget FaultMoment FaultOutcome
      FaultScene FaultSetting FlowMarbles Hook ImageFormat ImagePlatform ImageSpec ImageTarget Law LawOptions
      LayerEntry LayerEntryType LayerSpec NothingLeftOptions PackDirectoryOptions RegistryOptions RequestKind
      RequestLogEntry SinkProbe SinkProbeOptions SourceProbe TestCertificate TestRegistry TokenAuth TreeEntry
      TreeEntryType WirePart assertNothingLeft backTo buildImage buildIndex buildLayer byteString compareTrees
      describeTree faultCatalogue faults flowMarbles opaque packDirectory packEntries problem putImage sinkProbe
      sourceProbe stageLaws startFaultScene startRegistry testCertificate tinyImage whiteout
    `,
}

const all = new PublicNames()

it('are listed here for every entry point of the package', () => {
  expect(Object.keys(entryPoints).sort()).toEqual(Object.keys(expected).sort())
})

describe.each(Object.entries(entryPoints))('%s', (entry, file) => {
  it('exports these names and no others', () => {
    const names = all.exportsOf(file).map(({ name }) => name)
    expect(names.sort()).toEqual(expected[entry]?.trim().split(/\s+/))
  })

  it('has a docstring on the declaration of every name', () => {
    const bare = all
      .exportsOf(file)
      .filter(
        ({ symbol }) => ts.displayPartsToString(symbol.getDocumentationComment(all.checker)).trim() === '',
      )
    expect(bare.map(({ name }) => name)).toEqual([])
  })
})
