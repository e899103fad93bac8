/** The public names: every export of every entry point. A change to the list is a change to the interface. */
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { PublicNames, entryPoints } from './support/public-names.js'

const expected: Record<string, string> = {
  windlass: `
      AcceptedSignature Activity AllPlatformsOptions AllTagsOptions ArchiveEntry ArchiveSourceOptions
      Artifacts ArtifactsOptions BlobBody BlobOrigin BlobRequest BundleOptions CertificateIdentity
      CheckImageOptions CheckPolicyOptions CheckRequest CheckedImage ClientCertificate CloseOptions
      CollectOptions CollectProgress Collected CollectedItem CopiedImage Copy CopyOptions CopyParts
      CopyStages CopyTarget DescribedImage DescribedLayer Descriptor Digest DigestAlgorithm
      DirectorySink DirectorySource DockerArchiveSink DockerArchiveSource EachPullOptions EntryContext
      EntryLayer EntrySink ErrorCode ErrorDetails ErrorRecord ErrorSubject ExitCode ExpiredImage
      ExportOptions FailedName FailedRemoval FailedTag FaultySide FetchedManifest
      FileHostConfiguration FileOptions FileType FilesOptions GoalOptions HistoryStep
      HostConfiguration HostConfigurationOptions HostRequest HostRole HostTimeouts HostTls ImageConfig
      ImageFile ImageIndex ImageManifest ImagePair ImagePolicy ImageProblem ImageReferrer
      ImageReferrers ImageRegistries ImageSink ImageSource ImageSummary ImagesEntry InspectOptions
      InspectRequest InspectWarning InspectedFields InspectedImage InspectedLayer Inspection KeptImage
      KeptReason LayerEntryContext LayerEntrySink LayerEvent LayerPlan LayerSource LayerStatus
      LayerToRead LayoutSink LayoutSource Lease LeaseList LeaseOptions Leases Leftovers LimitName
      LimitValues Limits ListedLease LiveLimits LoadOptions LoadedImage LoginOptions LoginPlace
      LoginResponse ManifestHead ManifestHost ManifestNames ManifestRequest MountMethod MountOptions
      MountState MountedImage OciArchiveSink OciArchiveSource OpenBlob OpenOptions OpenedFile
      OrderedSource OrderedSourceOptions ParseSyncListOptions PlaceHealth PlaceName PlaceOrder
      PlaceRates PlanRequest PlanSyncOptions PlanSyncSettings Platform PolicyDecision PolicyFileSource
      PolicyOptions PolicyRequirement PolicyRule PublicKey Pull PullAllOptions PullContext PullCost
      PullEvent PullManyOptions PullOptions PullOutcome PullParts PullPlan PullReport PullSet
      PullSnapshot PullStages PullStagesOptions PulledBytes PulledImage PulledIndex PulledLayer
      PulledName PulledTag PulledTags PullerLoad PutManifestRequest RateLimit ReadBlobOptions
      ReadImageOptions ReadJobOptions ReadPolicyFile ReadResult ReadTask ReadableImage Reference
      ReferrerKind ReferrersOptions ReferrersQuery ReferrersRequest Registries RegistriesOptions
      RegistryCredentials RegistryHost RegistrySink RegistrySource RemovalOutcome RemovedImage
      RepositoryAtOptions RepositoryEntry RepositoryHosts RepositoryName RequestReport RequiredSigner
      ResolvedName RetentionOptions RetryFailedOptions RootfsSource RunOf RunningPull RuntimeMethods
      RuntimeSpec RuntimeSpecCodec SaveOrder ServedManifests ShortNameAlias ShortNameMode ShortNames
      SignatureRequirement SignatureState SignedIdentity SignedImage SinkRequest SlotLoad SourcePlace
      StartedPull StartedRun Store StoreMethods StoreOptions StoreProblem StoreUsage StoredContent
      SyncAction SyncBytes SyncEntry SyncEntrySettings SyncHost SyncItem SyncList SyncMethods
      SyncOptions SyncOutcome SyncPlaces SyncPlan SyncReport SyncResult TagFilter TagOutcome
      TagRemoval TagsRequest TagsWarning TeeOptions TemplateValues Timeouts TrustRoot UnpackJobOptions
      UnpackPool UnpackPoolOptions UnpackResult UnpackTask UnusableEntry UsageOfKind VerifyOptions
      VerifyProgress VerifyReport WhiteoutForm WhiteoutTreatment Windlass WindlassError
      ZstdCompressorOptions allPlatforms allTags checkImage checkPolicy checkSignatures copy
      copyStages createContext decodeEvent defaultLimits digestOf directorySink directorySource
      dockerArchiveSink dockerArchiveSource eachPull emptySnapshot encodeEvent errorCodes fetch
      findLogin formatPlatform hasFailed holdsCertificate hostConfiguration hostPlatform
      imageReferrers inspect inspectedFields isFailedName latestOrFirst layoutSink layoutSource logIn
      logOut matchPlatform nonEmptyTags ociArchiveSink ociArchiveSource open openStore parseDigest
      parsePlatform parsePolicyFile parsePublicKeys parseReference parseSyncList parseTrustRoot
      planSync pull pullStages readBlob readImage reduce registrySink registrySource requireSigned
      rootfsSource secondsLeft tee withHostsOf zstdCompressor
    `,
  'windlass/flow': `
      Actor ActorOptions AskOptions Behavior BufferOptions CloseOptions Control Deferred DeferredOptions
      Demand Failure Flow FlowEvent FlowNotice Order Primitive Priority ProtocolError RetryOptions Run
      Scope SharedControl SideChannel SingleFlight SlotCount SlotOptions Stage StageOptions
      StillRunningError Supervisor Turn Verdict WorkControl branch compose expand firstMatch identity keep
      lift maxTimer pausable pausableReplies retrying run scoped skipping stage through toArray
      untilAborted
    `,
  'windlass/events': `
      CopyResult ErrorCode ErrorRecord ErrorSubject FaultySide ImageResult LayerEvent LayerRetry LayerSnapshot
      LayerStatus MeasuredRate PlannedLayer PullEvent PullEventBody PullEventLog PullPace PullPhase
      PullSnapshot PullTotals Replay RequestEvent WindlassError byteEventInterval decodeEvent
      emptySnapshot encodeEvent eventVersion layerStatuses listenerFailed reduce secondsLeft toPullEvent
    `,
  'windlass/stages': `
      Arriving ArrivingLayer AssembleOptions AwaitingConfig BlobCopies BlobCopyLimits BlobOutcome
      BlobTask BySchemaCases CommitImageOptions ConfigDocument CopiedBlob CopiedBlobs CopiedImage
      CopyPlan CopyTarget DecideTransfer DownloadHistory DownloadLimits DownloadOptions DownloadTask
      Downloads EnsureLayerOptions EnsuredLayer EntryLayer FetchConfigOptions FetchedLayer
      FinishedImage FollowOptions FollowableLayer ForeignUrlOrder FoundLayer GrowingFile GrowingPhase
      GrowingState ImageDocument ImageRequest IndexDocument IndexedImage IndexedImages LayerAction
      LayerEntries LayerEntryContext LayerEntrySink LayerFlights LayerGoal LayerTask ManifestNode
      PlanOptions PlannedImage PlannedLayer PullTurn PullableDocument PulledImage PulledLayer
      PutManifestsOptions PutReferrersOptions ReadManifestsOptions ReadSchema1Document
      ReadSchema1Options ReferrerNode ReserveOptions ResolveOptions Resolved RetryPolicy
      Schema1Document Schema1ImageDocument SharedLayerTask SizeSchema1Options StoredEntriesOptions
      UnpackOptions UnpackedLayer WholeImage assemble awaitConfig bySchema checkPlatform checkSpace
      choosePlatform commitBlob commitImage commitLayer convertSchema1 copyBlobs defaultRetryPolicy
      documentRetryPolicy download eachBlob eachLayer enforcePolicy ensureLayer fetchConfig
      followLayer holdImage imageBytes imageRequest imagesOfIndex plan pullStage putManifests
      putReferrers putRoot readManifests readMissingPlatforms readSchema1 readyThreads reserve
      resolve resolveEntry retryDelayOf retryingTransfers signedImage sizeSchema1 storedEntries
      toPullEvent transfer unpack verify
    `,
  'windlass/pipelines': `
      AllPlatformsOptions AllTagsOptions CheckImageOptions CheckedImage CollectOptions CollectProgress
      Collected CollectedItem CopiedImage CopyParts CopyStages CopyTarget DescribedImage
      DescribedLayer EachPullOptions EntryLayer ExpiredImage FailedName FailedRemoval FailedTag
      FileType HistoryStep ImageFile ImageProblem ImageReferrer ImageReferrers ImageSummary
      InspectOptions InspectRequest InspectWarning InspectedFields InspectedImage InspectedLayer
      Inspection KeptImage KeptReason LayerEntryContext LayerEntrySink LayerPlan LayerToRead Lease
      Leftovers ManifestHost OpenedFile PlanSyncSettings PullCost PullOutcome PullParts PullPlan
      PullReport PullStages PullStagesOptions PulledBytes PulledImage PulledIndex PulledLayer
      PulledName PulledTag PulledTags ReadImageOptions ReadableImage ReferrerKind ReferrersOptions
      ReferrersQuery RemovalOutcome RemovedImage ResolvedName RetentionOptions
      RunningPull SaveOrder StoreProblem StoreUsage SyncAction SyncBytes SyncItem SyncOutcome
      SyncPlaces SyncPlan SyncReport SyncResult TagOutcome TagsWarning UsageOfKind VerifyOptions
      VerifyProgress VerifyReport allPlatforms allTags checkImage copy copyStages eachPull fetch
      hasFailed holdsCertificate imageReferrers inspect inspectedFields isFailedName latestOrFirst
      nonEmptyTags planSync pull pullStages readImage
    `,
  'windlass/bench': `
      BenchOptions BenchPictures BenchReport BenchSetting BenchText GridResult Recommendation
      SettingResult Span Spread Timeline TimelineStage bench benchText drawBench
    `,
  'windlass/testing': `
      Answer Auth BasicAuth BreakOff BuiltDocument BuiltImage BuiltIndex BuiltLayer CataloguedFault
      CataloguedMoment CertificateOptions CompareOptions Compression Difference Fault FaultBudget
      FaultMoment FaultOutcome FaultScene FaultSetting FlowExpectation FlowMarbles Hook ImageFormat
      ImagePlatform ImageSpec ImageTarget Law LawOptions LayerEntry LayerEntryType LayerSpec
      NothingLeftOptions PackDirectoryOptions RegistryOptions RequestKind RequestLogEntry SinkProbe
      SinkProbeOptions SourceProbe TestCertificate TestRegistry TokenAuth TreeAttribute TreeEntry
      TreeEntryType WirePart assertNothingLeft buildImage buildIndex buildLayer byteString compareTrees
      describeTree faultCatalogue faults flowMarbles opaque packDirectory packEntries problem putImage
      sinkProbe sourceProbe stageLaws startFaultScene startRegistry testCertificate tinyImage
      waitForRelease whiteout
    `,
  'windlass/client': `
      ApiFailure ClientOptions Connection Holder Lane LaneSpan LaneStage Lanes LimitChange LineSample
      PastPull PullChange PullOrder PullProgress PullRecord PullSample PullState RemovedName ServerInfo
      ServerLimits ServerMessage ServerState SlotHolder Slots StateMessage StoredFile StoredFiles StoredImage
      StoredImages StoredLayer TaskOrder TaskRecord WatchOptions WatchedPull WindlassClient addSample apiVersion
      assignSlots emptyServerState maxSamples noLanes noSlots pullStates reduceLanes reduceServer
    `,
  'windlass/client/node': `
      socketFetch
    `,
  'windlass/telemetry': `
      InstrumentOptions Instrumentation Instrumented TraceOptions instrument traceEvents
    `,
  'windlass/server': `
      ListenAddress RunningServer ServeOptions defaultSocket inheritedSocket isLoopback isPortFree
      parseAddress serve
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
