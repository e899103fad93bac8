/**
 * Defines every option of the library: its codec, its default and its help text. The options of callers are checked
 * against these tables, and the flags of the command line are created from them.
 */
// Imports single modules instead of index files, because every start of the command line loads this file.
import { hostsCodec } from './hosts-codec.js'
import type * as t from 'io-ts'
import { type LimitName, type Limits, limitNames } from '../../lib/limits.js'
import type { TagsRequest } from '../../lib/image/source.js'
import { normalizeForeignHosts } from '../../lib/registry/policy/foreign-url.js'
import { defaultTimeouts } from '../../lib/registry/policy/timeouts.js'
import { defaultRetryPolicy } from '../../lib/transfer/retry-policy.js'
import { defaultKeepPartials } from '../../lib/store/partial/keep-partials.js'
import type { InspectRequest } from '../../pipelines/inspect.js'
import * as codecs from './option-codecs.js'
import { pullPlan } from './plan-codec.js'
import {
  type BenchOptions,
  type CloseOptions,
  type CopyOptions,
  type FileOptions,
  type FilesOptions,
  type LimitValues,
  type OpenOptions,
  type PlanRequest,
  type PullAllOptions,
  type PullManyOptions,
  type PullOptions,
  type RegistryCredentials,
  type RetryFailedOptions,
  defaultUnpacks,
} from './options.js'
import type { PolicyOptions } from './policy-options.js'
import type { ArtifactsOptions, CheckPolicyOptions } from './artifact-options.js'
import type { VerifyOptions } from '../../pipelines/check/verify.js'

/** Definition of an option. */
export interface OptionEntry<A> {
  /** Its name describes the valid values in error messages. */
  readonly codec: t.Type<A, unknown>
  /** Text for the help of the command line. */
  readonly help?: string
  /** Value if the option is not given. */
  readonly default?: A
  /** Whether the value must not appear in errors. */
  readonly secret?: true
}

/** An entry for each option of `Options`. */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: OptionEntry<Exclude<Options[Name], undefined>>
}

const isLimitName = (key: string): key is LimitName => limitNames.some((name) => name === key)

/** `Infinity` disables a limit. */
const limits = codecs.codec(
  `an object that gives a whole number, or Infinity for none, to any of ${limitNames.join(', ')}`,
  (value): value is Partial<Limits> =>
    codecs.isRecord(value) &&
    Object.entries(value).every(
      ([key, each]) =>
        isLimitName(key) && (each === undefined || each === Infinity || codecs.wholeNumber(0).is(each)),
    ),
)

const login = codecs.codec(
  'a user name and a password',
  (value): value is RegistryCredentials =>
    codecs.isRecord(value) && codecs.text.is(value['username']) && typeof value['password'] === 'string',
)

const isIdentityPart = (value: unknown): boolean => codecs.text.is(value) || value instanceof RegExp

const policy = codecs.codec(
  'an object with file, keys, or identity and trustRoot',
  (value): value is PolicyOptions =>
    codecs.isRecord(value) &&
    Object.entries(value).every(
      ([key, each]) =>
        each === undefined ||
        (key === 'identity'
          ? codecs.isRecord(each) && isIdentityPart(each['subject']) && isIdentityPart(each['issuer'])
          : ['file', 'keys', 'trustRoot'].includes(key) && codecs.text.is(each)),
    ),
)

/** @throws TypeError when `text` is not the origin of an HTTP URL */
const checkHttpOrigin = (text: string): void => {
  const { protocol, origin, href } = new URL(text)
  if (!/^https?:$/.test(protocol)) throw new TypeError('neither http nor https')
  if (href !== `${origin}/`) throw new TypeError('more than an origin')
}

/** Maximum number of concurrent downloads or unpacks. Higher numbers are not faster. */
const maxConcurrency = 1_000

/** A number of concurrent downloads. */
export const downloadCount = {
  codec: codecs.wholeNumberWithin(1, maxConcurrency),
  help: 'layers to download concurrently',
  default: 3,
} satisfies OptionEntry<number>

/** Options of `open`. */
export const openTable = {
  store: { codec: codecs.path, help: 'directory of the store' },
  maxDownloads: {
    codec: codecs.codec(
      `${downloadCount.codec.name}, or "auto"`,
      (value): value is number | 'auto' => value === 'auto' || downloadCount.codec.is(value),
    ),
    help: 'layers to download concurrently; “auto” adjusts the number during the pull',
    default: downloadCount.default,
  },
  maxUnpacks: {
    codec: codecs.wholeNumberWithin(1, maxConcurrency),
    help: 'layers to unpack concurrently',
    default: defaultUnpacks(),
  },
  bytesPerSecond: {
    codec: codecs.codec(
      'a whole number of at least 1, or Infinity for no limit',
      (value): value is number => value === Infinity || codecs.wholeNumber(1).is(value),
    ),
    help: 'bytes per second that all downloads together may use',
  },
  retries: {
    codec: codecs.wholeNumber(1),
    help: 'attempts for each download',
    default: defaultRetryPolicy.attempts,
  },
  retryDelay: { codec: codecs.milliseconds(0), default: defaultRetryPolicy.delay },
  retryJitter: { codec: codecs.numberWithin(0, 1), default: 0 },
  foreignUrls: { codec: codecs.oneOf('last-first', 'first-last', 'only-registry'), default: 'last-first' },
  responseTimeout: {
    codec: codecs.milliseconds(1),
    help: 'time to wait for the first byte of a response; a retry waits 2.5 times as long',
    default: defaultTimeouts.response,
  },
  stallTimeout: {
    codec: codecs.milliseconds(1),
    help: 'time without data after which a connection has stalled',
    default: defaultTimeouts.stall,
  },
  minimumRate: {
    codec: codecs.wholeNumber(0),
    help: 'bytes per second below which a connection has stalled',
    default: defaultTimeouts.minimumRate,
  },
  foreignHosts: {
    codec: codecs.listOf('hosts, each by its name or address alone', (host) => normalizeForeignHosts([host])),
    help: 'allow foreign layers from this host, also in a private network',
  },
  trustedRealms: {
    codec: codecs.listOf('origins, such as https://auth.example', checkHttpOrigin),
    help: 'also send credentials to this token server',
  },
  keepPartials: {
    codec: codecs.wholeNumber(0),
    help: 'bytes of interrupted downloads to keep, newest first',
    default: defaultKeepPartials,
  },
  plainHttp: {
    codec: codecs.trueOrFalse,
    help: 'use plain HTTP for all registries, not only for those on this machine',
    default: false,
  },
  insecureTls: { codec: codecs.trueOrFalse, help: 'do not verify certificates', default: false },
  ca: { codec: codecs.text, help: 'also trust the certificates in this PEM file' },
  credentials: {
    codec: codecs.recordOf(
      'an object that gives { username, password } for each registry',
      login,
      (registry) => registry !== '',
    ),
    secret: true,
  },
  authFile: { codec: codecs.path, help: "credentials file in the format of Docker's config.json" },
  hosts: { codec: hostsCodec },
  hostsDir: { codec: codecs.path, help: "directory with containerd's hosts.toml files, for mirrors" },
  registriesConf: { codec: codecs.path, help: "Podman's registries.conf, for mirrors" },
  shortNames: { codec: codecs.trueOrFalse, default: true },
  sources: {
    codec: codecs.oneOf('ordered', 'fastest'),
    help: 'take blobs from the first mirror that has them, or from the fastest',
    default: 'ordered',
  },
  userAgent: { codec: codecs.headerValue },
  onWarning: { codec: codecs.functionOf<NonNullable<OpenOptions['onWarning']>>() },
  onRequest: { codec: codecs.functionOf<NonNullable<OpenOptions['onRequest']>>() },
  requestEvents: { codec: codecs.trueOrFalse, default: false },
  limits: { codec: limits },
  policy: { codec: policy },
  requireSchema1Signatures: {
    codec: codecs.trueOrFalse,
    help: 'refuse schema 1 images whose signatures cannot be verified',
    default: false,
  },
} satisfies OptionTable<OpenOptions>

/** Options of `limits.set`. */
export const liveLimitsTable = {
  maxDownloads: downloadCount,
  maxUnpacks: openTable.maxUnpacks,
  bytesPerSecond: openTable.bytesPerSecond,
} satisfies OptionTable<LimitValues>

const platform: OptionEntry<string> = {
  codec: codecs.text,
  help: 'platform to choose from an index (default: that of this machine)',
}
const signal: OptionEntry<AbortSignal> = { codec: codecs.abortSignal }

/** Options that all kinds of pulls have, of one image or several. */
const commonPullOptions = {
  unpack: { codec: codecs.trueOrFalse, default: true },
  whiteouts: {
    codec: codecs.oneOf('overlay', 'aufs'),
    help: 'form of the marks for removed files in the trees of layers',
  },
  discardBlobs: {
    codec: codecs.trueOrFalse,
    help: 'do not keep the compressed layers after unpacking',
    default: false,
  },
  refresh: { codec: codecs.trueOrFalse, default: false },
  credentials: openTable.credentials,
  policy: openTable.policy,
  signal,
  stages: { codec: codecs.functionOf<NonNullable<PullOptions['stages']>>() },
}

const onEntry: OptionEntry<NonNullable<PullOptions['onEntry']>> = { codec: codecs.functionOf() }

/** Options of `pull`. */
export const pullTable = {
  platform,
  ...commonPullOptions,
  onEntry,
  plan: { codec: pullPlan },
  rootfs: { codec: codecs.path, help: 'also unpack all layers into one tree, in a new directory' },
} satisfies OptionTable<PullOptions>

/** Options of `unpack`. The directory is an argument instead of the option `rootfs`. */
export const unpackTable = { platform, ...commonPullOptions } satisfies OptionTable<
  Omit<PullOptions, 'rootfs' | 'onEntry' | 'plan'>
>

/** Options of `plan`. */
export const planTable = {
  platform,
  unpack: commonPullOptions.unpack,
  whiteouts: commonPullOptions.whiteouts,
  discardBlobs: commonPullOptions.discardBlobs,
  refresh: commonPullOptions.refresh,
  signal,
} satisfies OptionTable<PlanRequest>

const concurrencyList: OptionEntry<readonly number[]> = {
  codec: codecs.codec(
    `a list of whole numbers from 1 to ${maxConcurrency}`,
    (value): value is readonly number[] =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((each) => codecs.wholeNumberWithin(1, maxConcurrency).is(each)),
  ),
}

/** Options of `bench`. */
export const benchTable = {
  downloads: { ...concurrencyList, help: 'numbers of concurrent downloads to try' },
  unpacks: { ...concurrencyList, help: 'numbers of concurrent unpacks to try' },
  runs: { codec: codecs.wholeNumberWithin(1, 100), help: 'runs of each setting', default: 5 },
  budget: { codec: codecs.milliseconds(1), help: 'time after which no further run starts', default: 300_000 },
  under: { codec: codecs.path, help: 'existing directory for the throw-away stores' },
  platform,
  unpack: commonPullOptions.unpack,
  open: {
    codec: codecs.codec('an object', (value): value is OpenOptions => codecs.isRecord(value)),
    secret: true,
  },
  signal,
  onRun: { codec: codecs.functionOf<NonNullable<BenchOptions['onRun']>>() },
} satisfies OptionTable<BenchOptions>

/** Options of `pullAllPlatforms`. */
export const pullPlatformsTable = {
  ...commonPullOptions,
  onEntry,
  failFast: { codec: codecs.trueOrFalse, help: 'stop at the first image that fails', default: false },
} satisfies OptionTable<Omit<PullAllOptions, 'platform'>>

/** Options of `pullAllTags`. */
export const pullAllTable = { platform, ...pullPlatformsTable } satisfies OptionTable<PullAllOptions>

/** Options of `pullMany`. */
export const pullManyTable = {
  ...pullAllTable,
  concurrency: {
    codec: codecs.wholeNumberWithin(1, maxConcurrency),
    help: 'images to pull concurrently',
    default: 2,
  },
} satisfies OptionTable<PullManyOptions>

/** Options of `retryFailed`. */
export const retryFailedTable = {
  ...pullManyTable,
  all: { codec: codecs.trueOrFalse, default: false },
} satisfies OptionTable<RetryFailedOptions>

/** Options of `copy`. */
export const copyTable = {
  platform,
  allPlatforms: { codec: codecs.trueOrFalse, help: 'copy an index with everything in it', default: false },
  referrers: {
    codec: codecs.trueOrFalse,
    help: 'also copy signatures, SBOMs and attestations',
    default: false,
  },
  signal,
} satisfies OptionTable<CopyOptions>

/** Options of `inspect`. */
export const inspectTable = {
  manifestOnly: { codec: codecs.trueOrFalse, default: false },
  tags: { codec: codecs.trueOrFalse, default: false },
  platform,
  signal,
} satisfies OptionTable<InspectRequest & Pick<PullOptions, 'platform'>>

const onWarning = { codec: codecs.functionOf<NonNullable<FilesOptions['onWarning']>>() }

/** Options of `files`. */
export const filesTable = {
  platform,
  path: { codec: codecs.anyText },
  recursive: { codec: codecs.trueOrFalse, default: true },
  signal,
  onWarning,
} satisfies OptionTable<FilesOptions>

/** Options of `artifacts.check`. */
export const checkPolicyTable = {
  platform,
  policy: openTable.policy,
  signal,
  onWarning,
} satisfies OptionTable<CheckPolicyOptions>

/** Options of `artifacts.list`. */
export const artifactsTable = {
  platform,
  allPlatforms: { codec: codecs.trueOrFalse, default: false },
  artifactType: { codec: codecs.text },
  fetch: { codec: codecs.functionOf<NonNullable<ArtifactsOptions['fetch']>>() },
  signal,
  onWarning,
} satisfies OptionTable<ArtifactsOptions>

/** Options of `file`. */
export const fileTable = {
  platform,
  verify: { codec: codecs.trueOrFalse, default: false },
  signal,
  onWarning,
} satisfies OptionTable<FileOptions>

/** Options of `tags`. */
export const tagsTable = {
  signal,
  onWarning: { codec: codecs.functionOf<NonNullable<TagsRequest['onWarning']>>() },
} satisfies OptionTable<Pick<TagsRequest, 'signal' | 'onWarning'>>

/** Options of `resolve` and `latestOrFirst`. */
export const signalTable = { signal } satisfies OptionTable<{ readonly signal?: AbortSignal }>

/** Options of `verify`. */
export const verifyTable = {
  repair: { codec: codecs.trueOrFalse, default: false },
  signal,
  onProgress: { codec: codecs.functionOf<NonNullable<VerifyOptions['onProgress']>>() },
} satisfies OptionTable<VerifyOptions>

/** Options of `close` and `closed`. */
export const closeTable = { within: { codec: codecs.milliseconds(0) } } satisfies OptionTable<CloseOptions>
