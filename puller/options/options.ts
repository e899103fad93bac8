/** Defines the options of pullers and pulls, and the default directory of the store. */
import type { RequestReport } from '../../lib/image/source.js'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import type { Limits } from '../../lib/limits.js'
import type { PlaceOrder } from '../../lib/sources/index.js'
import type { HostConfiguration } from '../../lib/registry/index.js'
import type { ForeignUrlOrder } from '../../lib/transfer/index.js'
import { checkVariable } from './check-options.js'
import { homeDirectory } from '../../lib/system/home-directory.js'
import { path as pathCodec } from './option-codecs.js'
import type { LayerEntrySink } from '../../lib/stages/index.js'
import type { PolicyOptions } from './policy-options.js'
import type { PullPlan } from '../../pipelines/plan/plan-pull.js'
import type { PullStages } from '../../pipelines/pull-stages.js'

/** Options of `open` and `createContext`. Defaults are in parentheses. */
export interface OpenOptions {
  /** Directory of the store (`$WINDLASS_STORE`, otherwise `$XDG_DATA_HOME/windlass`). */
  readonly store?: string
  /**
   * Maximum number of concurrent downloads of all pulls together (3). `auto` starts with 3 and adjusts the number
   * between 1 and 16 during downloads: it raises it while that increases the rate, and lowers it when the registry
   * refuses requests (HTTP 429) or when fewer downloads are faster.
   */
  readonly maxDownloads?: number | 'auto'
  /** Maximum number of layers that are unpacked concurrently, of all pulls together (number of processors). */
  readonly maxUnpacks?: number
  /** Maximum rate of all downloads together, in bytes per second (no limit). Manifests are not counted. */
  readonly bytesPerSecond?: number
  /** Maximum number of consecutive attempts at one download without progress, including the first (5). */
  readonly retries?: number
  /** Milliseconds between two attempts (5,000). The delay before attempt n + 1 is n times as long. */
  readonly retryDelay?: number
  /** Random part of the delay between attempts, from 0 to 1 (0). */
  readonly retryJitter?: number
  /** Order in which the foreign URLs of a layer are tried when the registry does not have it (`last-first`). */
  readonly foreignUrls?: ForeignUrlOrder
  /**
   * Milliseconds to wait for the first byte of a response (`stallTimeout`, which is 60,000). The retry waits 2.5
   * times as long and is the last attempt.
   */
  readonly responseTimeout?: number
  /** Milliseconds without data, or with less than `minimumRate`, after which a download is aborted (60,000). */
  readonly stallTimeout?: number
  /** Minimum rate of a response body in bytes per second; a slower one has stalled (20). */
  readonly minimumRate?: number
  /**
   * Hosts in a private network or on this machine from which foreign layers may be fetched, by name or address (only
   * the host of the registry).
   */
  readonly foreignHosts?: readonly string[]
  /**
   * Origins of token servers that may receive credentials although the rules forbid it, such as `http://auth.lan:5001`.
   */
  readonly trustedRealms?: readonly string[]
  /** Maximum number of bytes of interrupted downloads to keep, newest first (1 GiB). */
  readonly keepPartials?: number
  /** Use plain HTTP for all registries (false). For loopback addresses, the scheme is determined automatically. */
  readonly plainHttp?: boolean
  /** Do not verify TLS certificates (false). */
  readonly insecureTls?: boolean
  /**
   * Additional trusted certificates, as PEM text. The certificates of Node and of the system are trusted as well. Those
   * of the system are read from the places where Go looks for them; `SSL_CERT_FILE` and `SSL_CERT_DIR` name other
   * places.
   */
  readonly ca?: string
  /**
   * Credentials by registry (`docker.io`, `localhost:5000`) or namespace (`quay.io/team`). The longest key that is a
   * prefix of the name of a repository applies. A repository without a matching key is accessed without these
   * credentials.
   */
  readonly credentials?: Readonly<Record<string, RegistryCredentials>>
  /**
   * Path of a Docker `config.json` or a Podman `auth.json`, which must exist. It replaces the files that environment
   * variables name and that logins write.
   */
  readonly authFile?: string
  /**
   * Mirrors of registries, and certificates of hosts (those with which containerd, Podman and Docker are configured on
   * this machine). False: only what the other options say.
   */
  readonly hosts?: HostConfiguration | false
  /**
   * Directory with a directory for each registry, which contains a `hosts.toml` of containerd or certificates. It must
   * exist, and is read in place of containerd's own.
   */
  readonly hostsDir?: string
  /** Path of a `registries.conf` of Podman, which must exist, and is read in place of those of the system and the user. */
  readonly registriesConf?: string
  /**
   * Whether a name without a registry means what `registries.conf` says: its aliases, then the registries that it searches
   * (true). False: such a name is one of Docker Hub. Only if `hosts` is not set, or reads files.
   */
  readonly shortNames?: boolean
  /**
   * Which of several places a blob comes from: the first one in the order of the configuration that has it (`ordered`),
   * or the one that answers first (`fastest`). With `fastest`, a place that falls behind is overtaken by the next one for
   * the rest of the blob, at the cost of bytes that are received twice.
   */
  readonly sources?: PlaceOrder
  /** Value of the header `User-Agent` (`windlass`). */
  readonly userAgent?: string
  /** Limits on images that differ from the defaults (docs/layers.md, "Limits"). */
  readonly limits?: Partial<Limits>
  /**
   * Refuse schema 1 manifests without a signature that can be verified (false). An invalid signature is always refused.
   * The option does not concern other manifests, which contain no signatures.
   */
  readonly requireSchema1Signatures?: boolean
  /**
   * Which images `pull`, `unpack`, `copy` and the sets of pulls accept (all). An image that is refused costs the
   * requests for its manifests and signatures, and nothing is stored.
   */
  readonly policy?: PolicyOptions
  /**
   * Receives warnings about the store: a message for users and a code. `store-unsafe`: other users can change the
   * store (root refuses to use it). `store-locked`: the lock of the store is held by another process. `no-store`:
   * images were requested from a store that does not exist. `store`: all other problems. Warnings about a pull are
   * events of that pull.
   */
  readonly onWarning?: (message: string, code: string) => void
  /**
   * Receives a report of each HTTP request to a registry, a token server or a storage, when the request has ended. If
   * the function throws, the request is not affected: the first error is passed to `onWarning` (`listener-failed`).
   */
  readonly onRequest?: (report: RequestReport) => void
  /**
   * Whether pulls and copies emit an event of type `request` for each HTTP request of theirs (false). Requests for tokens, which
   * pulls share, have none.
   */
  readonly requestEvents?: boolean
}

/** Limits of a puller that may change while its pulls run. */
export interface LimitValues {
  /**
   * Maximum number of concurrent downloads of all pulls together, and of concurrent transfers of all copies together.
   */
  readonly maxDownloads: number
  /** Maximum number of layers that are unpacked concurrently, of all pulls together. */
  readonly maxUnpacks: number
  /**
   * Maximum rate of all downloads together, in bytes per second; Infinity if there is none. Manifests are not counted.
   */
  readonly bytesPerSecond: number
}

/** A user name and a password for a registry or a namespace of one. The user name `<token>` marks an identity token. */
export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** Options of one pull. */
export interface PullOptions {
  /** `os/arch[/variant]` (the platform of this machine; if its system is not Linux, `linux` with its architecture). */
  readonly platform?: string
  /** Unpack each layer into a tree of its own (true). */
  readonly unpack?: boolean
  /** Also unpack all layers into one tree in this directory, which must be empty or must not exist. */
  readonly rootfs?: string
  /** Form of the whiteouts in the tree of a layer (`overlay` if this process may create it, otherwise `aufs`). */
  readonly whiteouts?: 'overlay' | 'aufs'
  /** Do not keep the compressed blobs of the layers (false). */
  readonly discardBlobs?: boolean
  /** Fetch and unpack everything again, even if it is in the store (false). */
  readonly refresh?: boolean
  /**
   * A plan that `plan` returned for this name. The pull fetches exactly that image, even if the name now refers to
   * another one. A layer that is fetched differently than planned causes a warning with the code `plan-changed`.
   */
  readonly plan?: PullPlan
  /**
   * Credentials of this pull, as for `open`. They take precedence over those of the puller. Downloads are shared with pulls that
   * have the same credentials only.
   */
  readonly credentials?: Readonly<Record<string, RegistryCredentials>>
  /** Policy of this pull, in place of that of the puller. */
  readonly policy?: PolicyOptions
  /** Cancels the pull. */
  readonly signal?: AbortSignal
  /**
   * Receives the stages of this pull (`bound` to its store and limits) and returns those to replace. A pull with
   * replaced stages shares no downloads with other pulls.
   */
  readonly stages?: (bound: PullStages) => Partial<PullStages>
  /**
   * Receives every entry of every layer with its content while the layer is unpacked. The entries of one layer arrive
   * in order. Unpacking waits until an entry has been received. An error fails the pull before the layer is committed.
   * A layer that the store has is read from its blob or its tree; with `unpack: false`, each layer is read after its
   * blob is stored. `context.layer.attempt` is incremented when a layer starts over. Such a pull shares no downloads
   * with other pulls.
   */
  readonly onEntry?: LayerEntrySink
}

/** Options of `copy`. */
export interface CopyOptions {
  /** Platform of the image to copy from an index, as `os/arch[/variant]` (default: this machine's). */
  readonly platform?: string
  /** Copy an index with all its content: the images of all platforms, attestations, nested indexes (default: false). */
  readonly allPlatforms?: boolean
  /**
   * Also copy the signatures, SBOMs and attestations of the image and, with `allPlatforms`, of all images of the index
   * (default: false).
   */
  readonly referrers?: boolean
  /** Cancels the copy. */
  readonly signal?: AbortSignal
}

/** Options of `files`. */
export interface FilesOptions {
  /** `os/arch[/variant]` (the platform of this machine; if its system is not Linux, `linux` with its architecture). */
  readonly platform?: string
  /** List only the files below this path of the image, or the path itself if it is not a directory (`/`). */
  readonly path?: string
  /** Also list the files in subdirectories (true). */
  readonly recursive?: boolean
  readonly signal?: AbortSignal
  /**
   * Receives problems that were ignored: a code and a sentence. `toc-unusable`: a layer is read as if it had no table
   * of contents.
   */
  readonly onWarning?: (code: string, message: string) => void
}

/** Options of `file`. */
export interface FileOptions extends Omit<FilesOptions, 'path' | 'recursive'> {
  /**
   * Read the layers that the file depends on completely, and fail the stream unless their digests are those in the
   * manifest (false). Of a layer with a table of contents, only the table and the file are read. If the store has the
   * image but not its blobs, the image is read from its source.
   */
  readonly verify?: boolean
}

/** Options of `plan`: those of the pull that is planned. */
export type PlanRequest = Pick<
  PullOptions,
  'platform' | 'unpack' | 'whiteouts' | 'discardBlobs' | 'refresh' | 'signal'
>

/** Options of `bench`. Defaults are in parentheses. */
export interface BenchOptions {
  /** Numbers of concurrent downloads to try (1, 2, 3, 6, 10). */
  readonly downloads?: readonly number[]
  /** Numbers of concurrent unpacks to try (1, 2, and the number of processors). */
  readonly unpacks?: readonly number[]
  /** Runs of each setting (5). Settings whose times overlap get up to three times as many. */
  readonly runs?: number
  /** Milliseconds after which no further run starts (300,000). */
  readonly budget?: number
  /** Existing directory for the throw-away stores; its disk is measured too (the parent directory of the store). */
  readonly under?: string
  /** `os/arch[/variant]` (that of this machine). */
  readonly platform?: string
  /** Unpack the layers (true). If false, only the numbers of downloads are compared. */
  readonly unpack?: boolean
  /**
   * Options of `open` for every run: credentials, timeouts, limits. `store`, `maxDownloads` and `maxUnpacks` are
   * ignored.
   */
  readonly open?: OpenOptions
  /** Cancels the measurement. */
  readonly signal?: AbortSignal
  /** Called after each run with the number of finished runs and of planned runs. */
  readonly onRun?: (done: number, planned: number) => void
}

/** Options of `close` and `closed`. */
export interface CloseOptions {
  /** Milliseconds after which the call fails and names what still runs. Closing continues (no limit). */
  readonly within?: number
}

/** Options of a pull of several images. */
export interface PullAllOptions extends Omit<PullOptions, 'rootfs' | 'plan'> {
  /** Cancel all pulls when a tag fails (false). Otherwise, each failure is reported in the result. */
  readonly failFast?: boolean
}

/** Options of `pullMany`. */
export interface PullManyOptions extends Omit<PullOptions, 'rootfs' | 'plan'> {
  /** Maximum number of images pulled concurrently (2). Their layers share the limits of the puller fairly. */
  readonly concurrency?: number
  /** Cancel all pulls when one fails, and reject with its error (false). */
  readonly failFast?: boolean
}

/** Options of `retryFailed`. */
export interface RetryFailedOptions extends PullManyOptions {
  /** Pull all failed names again, even if a retry probably fails with the same error (false). */
  readonly all?: boolean
}

/**
 * Returns the directory of the store as an absolute path. An empty variable counts as not set. A relative
 * `XDG_DATA_HOME` is ignored, as the XDG Base Directory Specification requires.
 *
 * @throws WindlassError USAGE when `WINDLASS_STORE` is invalid, or when no directory is known
 */
export function storeDirectory(options: OpenOptions, env: NodeJS.ProcessEnv = process.env): string {
  const { WINDLASS_STORE: named = '', XDG_DATA_HOME: data = '' } = env
  if (options.store !== undefined) return path.resolve(options.store)
  if (named !== '') {
    checkVariable('WINDLASS_STORE', pathCodec, named)
    return path.resolve(named)
  }
  if (path.isAbsolute(data)) return path.join(data, 'windlass')
  const home = homeDirectory()
  if (home !== undefined) return path.join(home, '.local', 'share', 'windlass')
  throw new WindlassError('USAGE', 'No directory is known for the store: this user has no home directory', {
    hint: 'Name a directory with --store or WINDLASS_STORE.',
  })
}

/** Default of `maxUnpacks`: the number of processors. */
export const defaultUnpacks = (): number => Math.max(1, availableParallelism())
