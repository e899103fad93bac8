/** The puller, its options and its pulls. */
export type {
  CloseOptions,
  CopyOptions,
  FileOptions,
  FilesOptions,
  LimitValues,
  OpenOptions,
  PlanRequest,
  PullAllOptions,
  PullManyOptions,
  PullOptions,
  RegistryCredentials,
  RetryFailedOptions,
} from './options/options.js'
export { Activity, type PullerLoad, type SlotLoad, type StartedRun } from './activity.js'
export type { Artifacts } from './trust/artifacts.js'
export type { ExportOptions } from './options/export-options.js'
export type { PolicyOptions } from './options/policy-options.js'
export type { ArtifactsOptions, CheckPolicyOptions } from './options/artifact-options.js'
export type { Copy } from './copier.js'
export type { LiveLimits } from './control/live-limits.js'
export type { LoadOptions, LoadedImage, StoredContent } from './stored-content.js'
export type { Pull } from './pull-run.js'
export type { PullSet, RunOf, StartedPull } from './pull-set.js'
export { withHostsOf } from './sync/list-hosts.js'
export { SyncMethods } from './sync/sync-methods.js'
export type { PlanSyncOptions, SyncOptions } from './sync/sync-options.js'
export { type GoalOptions, type PullContext, createContext } from './context.js'
export { RuntimeMethods } from './runtime/runtime-methods.js'
export type { LeaseList, LeaseOptions, Leases, ListedLease } from './store/leases.js'
export { StoreMethods } from './store/store-methods.js'
export type { MountedImage } from './runtime/runtime-operations.js'
export type { BundleOptions, MountOptions } from './runtime/runtime-options.js'
export type { LoginPlace } from '../lib/registry/index.js'
export { findLogin, logIn, type LoginOptions, logOut } from './access/logins.js'
export { open } from './open.js'
export { Windlass } from './puller.js'
