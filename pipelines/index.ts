/**
 * Pipelines of stages: `pull`, its variants and `copy`; and functions that inspect and read images.
 *
 * @module windlass/pipelines
 */
export { type AllPlatformsOptions, type PulledIndex, allPlatforms } from './all-platforms.js'
export {
  type AllTagsOptions,
  type FailedTag,
  type PulledTag,
  type PulledTags,
  type TagOutcome,
  type TagsWarning,
  allTags,
  hasFailed,
  nonEmptyTags,
} from './all-tags.js'
export { copy } from './copy.js'
export { type CopyParts, type CopyStages, copyStages } from './copy-stages.js'
export { fetch } from './fetch.js'
export {
  type ImageFile,
  type LayerToRead,
  type OpenedFile,
  type ReadableImage,
  type ReadImageOptions,
  readImage,
} from './files.js'
export type { FileType } from '../lib/archive/index.js'
export type { SaveOrder } from './archive/save-images.js'
export type { DescribedImage, DescribedLayer } from './stored/describe.js'
export type { HistoryStep } from './stored/history.js'
export type { StoreProblem } from './check/found-problems.js'
export type { ImageSummary, ImageProblem } from './images.js'
export {
  type InspectWarning,
  type InspectOptions,
  type InspectedImage,
  type Inspection,
  type InspectRequest,
  type ManifestHost,
  inspect,
} from './inspect.js'
export { type InspectedFields, type InspectedLayer, inspectedFields } from './inspected-fields.js'
export type { LayerPlan, PullPlan } from './plan/plan-pull.js'
export {
  type FailedName,
  type PullCost,
  type PulledBytes,
  type PulledName,
  type PullOutcome,
  type PullReport,
  isFailedName,
} from './many/pull-report.js'
export { pull } from './pull.js'
export { type EachPullOptions, type RunningPull, eachPull } from './each-pull.js'
export { type PlanSyncSettings, planSync } from './sync/plan-sync.js'
export type { SyncAction, SyncItem, SyncPlan } from './sync/sync-plan.js'
export type { SyncPlaces } from './sync/sync-places.js'
export { type SyncBytes, type SyncOutcome, type SyncReport, type SyncResult } from './sync/sync-report.js'
export { type PullParts, type PullStages, type PullStagesOptions, pullStages } from './pull-stages.js'
export { type CheckedImage, type CheckImageOptions, checkImage } from './artifacts/check-image.js'
export {
  type ImageReferrer,
  type ImageReferrers,
  type ReferrersOptions,
  type ReferrersQuery,
  imageReferrers,
} from './artifacts/referrers.js'
export type { ReferrerKind } from '../lib/referrers/index.js'
export type { ResolvedName } from './resolve.js'
export { latestOrFirst } from './resolve-tag.js'
export type {
  CopiedImage,
  CopyTarget,
  EntryLayer,
  LayerEntryContext,
  LayerEntrySink,
  PulledImage,
  PulledLayer,
} from '../lib/stages/index.js'
export { holdsCertificate } from '../lib/registry/index.js'
export type { FailedRemoval, RemovalOutcome, RemovedImage } from './remove.js'
export type { VerifyOptions, VerifyProgress, VerifyReport } from './check/verify.js'
export type {
  Collected,
  CollectedItem,
  CollectOptions,
  CollectProgress,
  ExpiredImage,
  KeptImage,
  KeptReason,
  Lease,
  Leftovers,
  RetentionOptions,
  StoreUsage,
  UsageOfKind,
} from '../lib/store/index.js'
