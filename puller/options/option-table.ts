/**
 * Every option of the library in one place: what it takes, its default, and what it does in a few words. Callers' options
 * are checked against these tables, and the flags of the command line are made of them.
 */
// The command line loads this at its start: each module by itself, not what a whole folder needs.
import type * as t from 'io-ts'
import { type LimitName, type Limits, limitNames } from '../../lib/limits.js'
import type { TagsRequest } from '../../lib/image/source.js'
import { foreignHosts } from '../../lib/registry/policy/foreign-url.js'
import { defaultTimeouts } from '../../lib/registry/policy/timeouts.js'
import { defaultRetryPolicy } from '../../lib/transfer/retry-policy.js'
import type { CollectOptions } from '../../lib/store/index.js'
import { defaultKeepPartials } from '../../lib/store/partial/keep-partials.js'
import type { InspectRequest } from '../../pipelines/inspect.js'
import * as takes from './option-codecs.js'
import {
  type CloseOptions,
  type CopyOptions,
  type OpenOptions,
  type PullAllOptions,
  type PullOptions,
  type RegistryCredentials,
  defaultUnpacks,
} from './options.js'
import type { VerifyOptions } from '../../pipelines/check/verify.js'

/** One option. */
export interface OptionEntry<A> {
  /** Its name says what the option takes. */
  readonly codec: t.Type<A, unknown>
  /** In a few words, as a line of help has it. */
  readonly help?: string
  /** What holds where nothing is said. */
  readonly default?: A
  /** Whether the value must not stand in an error. */
  readonly secret?: true
}

/** An entry for each option of `Options`. */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: OptionEntry<Exclude<Options[Name], undefined>>
}

const isLimitName = (key: string): key is LimitName => limitNames.some((name) => name === key)

/** `Infinity` lifts a limit. */
const limits = takes.codec(
  `an object that gives a whole number, or Infinity for none, to any of ${limitNames.join(', ')}`,
  (value): value is Partial<Limits> =>
    takes.isRecord(value) &&
    Object.entries(value).every(
      ([key, each]) =>
        isLimitName(key) && (each === undefined || each === Infinity || takes.wholeNumber(0).is(each)),
    ),
)

const login = takes.codec(
  'a user name and a password',
  (value): value is RegistryCredentials =>
    takes.isRecord(value) && takes.text.is(value['username']) && typeof value['password'] === 'string',
)

const isHttpOrigin = (text: string): void => {
  const { protocol, origin, href } = new URL(text)
  if (!/^https?:$/.test(protocol)) throw new TypeError('neither http nor https')
  if (href !== `${origin}/`) throw new TypeError('more than an origin')
}

/** More connections or threads than this help nobody. */
const maxAtOnce = 1_000

/** Options of `open`. */
export const openTable = {
  store: { codec: takes.path, help: 'where images are kept' },
  maxDownloads: {
    codec: takes.wholeNumberWithin(1, maxAtOnce),
    help: 'layers downloaded at once',
    default: 3,
  },
  maxUnpacks: {
    codec: takes.wholeNumberWithin(1, maxAtOnce),
    help: 'layers unpacked at once',
    default: defaultUnpacks(),
  },
  retries: {
    codec: takes.wholeNumber(1),
    help: 'attempts at each download',
    default: defaultRetryPolicy.attempts,
  },
  retryDelay: { codec: takes.milliseconds(0), default: defaultRetryPolicy.delay },
  retryJitter: { codec: takes.numberWithin(0, 1), default: 0 },
  foreignUrls: { codec: takes.oneOf('last-first', 'first-last', 'only-registry'), default: 'last-first' },
  responseTimeout: {
    codec: takes.milliseconds(1),
    help: 'wait for the first byte of an answer; 2.5 times as long at the next attempt',
    default: defaultTimeouts.response,
  },
  stallTimeout: {
    codec: takes.milliseconds(1),
    help: 'give a silent connection up after',
    default: defaultTimeouts.stall,
  },
  minimumRate: {
    codec: takes.wholeNumber(0),
    help: 'a second; a connection below it has stalled',
    default: defaultTimeouts.minimumRate,
  },
  foreignHosts: {
    codec: takes.listOf('hosts, each by its name or address alone', (host) => foreignHosts([host])),
    help: 'ask it for foreign layers, even in a private network',
  },
  trustedRealms: {
    codec: takes.listOf('origins, such as https://auth.example', isHttpOrigin),
    help: 'let this token server have the credentials, too',
  },
  keepPartials: {
    codec: takes.wholeNumber(0),
    help: 'of interrupted downloads, keep so much, the youngest first',
    default: defaultKeepPartials,
  },
  plainHttp: {
    codec: takes.trueOrFalse,
    help: 'speak HTTP to registries that are not on this machine, too',
    default: false,
  },
  insecureTls: { codec: takes.trueOrFalse, help: 'do not verify certificates', default: false },
  ca: { codec: takes.text, help: 'trust the certificates in this PEM file, too' },
  credentials: {
    codec: takes.recordOf(
      'an object that gives { username, password } for each registry',
      login,
      (registry) => registry !== '',
    ),
    secret: true,
  },
  authFile: { codec: takes.path, help: "credentials by registry, as Docker's config.json holds them" },
  userAgent: { codec: takes.headerValue },
  onWarning: { codec: takes.functionOf<NonNullable<OpenOptions['onWarning']>>() },
  limits: { codec: limits },
  requireSchema1Signatures: {
    codec: takes.trueOrFalse,
    help: 'refuse schema 1 images whose signatures cannot be verified',
    default: false,
  },
} satisfies OptionTable<OpenOptions>

const platform: OptionEntry<string> = {
  codec: takes.text,
  help: "of an index, which image (default: this machine's)",
}
const signal: OptionEntry<AbortSignal> = { codec: takes.abortSignal }

/** What all pulls can be told, of one image or several. */
const ofAnyPull = {
  unpack: { codec: takes.trueOrFalse, default: true },
  whiteouts: { codec: takes.oneOf('overlay', 'aufs'), help: 'how a layer on disk says what is gone' },
  discardBlobs: {
    codec: takes.trueOrFalse,
    help: 'keep no compressed layers beside the unpacked ones',
    default: false,
  },
  refresh: { codec: takes.trueOrFalse, default: false },
  signal,
  stages: { codec: takes.functionOf<NonNullable<PullOptions['stages']>>() },
}

/** Options of `pull`. */
export const pullTable = {
  platform,
  ...ofAnyPull,
  rootfs: { codec: takes.path, help: 'also put all layers together into one tree, in a new directory' },
} satisfies OptionTable<PullOptions>

/** Options of `unpack`, which has its directory as an argument. */
export const unpackTable = { platform, ...ofAnyPull } satisfies OptionTable<Omit<PullOptions, 'rootfs'>>

/** Options of `pullAllPlatforms`. */
export const pullPlatformsTable = {
  ...ofAnyPull,
  failFast: { codec: takes.trueOrFalse, help: 'end with the first image that fails', default: false },
} satisfies OptionTable<Omit<PullAllOptions, 'platform'>>

/** Options of `pullAllTags`. */
export const pullAllTable = { platform, ...pullPlatformsTable } satisfies OptionTable<PullAllOptions>

/** Options of `copy`. */
export const copyTable = {
  platform,
  allPlatforms: { codec: takes.trueOrFalse, help: 'copy an index with everything in it', default: false },
  signal,
} satisfies OptionTable<CopyOptions>

/** Options of `inspect`. */
export const inspectTable = {
  manifestOnly: { codec: takes.trueOrFalse, default: false },
  tags: { codec: takes.trueOrFalse, default: false },
  platform,
  signal,
} satisfies OptionTable<InspectRequest & Pick<PullOptions, 'platform'>>

/** Options of `tags`. */
export const tagsTable = {
  signal,
  onWarning: { codec: takes.functionOf<NonNullable<TagsRequest['onWarning']>>() },
} satisfies OptionTable<Pick<TagsRequest, 'signal' | 'onWarning'>>

/** Options of `resolve` and `latestOrFirst`. */
export const signalTable = { signal } satisfies OptionTable<{ readonly signal?: AbortSignal }>

/** Options of `collect`. */
export const collectTable = {
  dryRun: { codec: takes.trueOrFalse, default: false },
  keepPartials: { codec: takes.wholeNumber(0) },
} satisfies OptionTable<CollectOptions>

/** Options of `verify`. */
export const verifyTable = {
  repair: { codec: takes.trueOrFalse, default: false },
  signal,
} satisfies OptionTable<VerifyOptions>

/** Options of `close` and `closed`. */
export const closeTable = { within: { codec: takes.milliseconds(0) } } satisfies OptionTable<CloseOptions>
