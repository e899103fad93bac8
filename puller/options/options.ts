/** What a puller can be told: where its store is, whom to trust, how much to do at once. */
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import type { Limits } from '../../lib/limits.js'
import type { ForeignUrlOrder } from '../../lib/transfer/index.js'
import { checkVariable } from './check-options.js'
import { homeDirectory } from './home-directory.js'
import { path as pathCodec } from './option-codecs.js'
import type { PullStages } from '../../pipelines/pull-stages.js'

/** Options of `open` and `createContext`: where the store is, which registries to trust, how much to do at once. */
export interface OpenOptions {
  /** The store's directory. Else `WINDLASS_STORE`, else `$XDG_DATA_HOME/windlass`. */
  readonly store?: string
  /** Transfers at once, over all pulls (3). */
  readonly maxDownloads?: number
  /** Layers unpacked at once, over all pulls (one a processor). */
  readonly maxUnpacks?: number
  /** Attempts at one transfer, the first included, that bring nothing on (5). */
  readonly retries?: number
  /** Milliseconds before attempt n + 1, times n (5,000). */
  readonly retryDelay?: number
  /** The part of that delay which is left to chance, from 0 (none) to 1 (0). */
  readonly retryJitter?: number
  /** Where a layer may come from that the registry does not give: `last-first`, unless said otherwise. */
  readonly foreignUrls?: ForeignUrlOrder
  /**
   * Milliseconds to wait for the first byte of an answer (`stallTimeout`, so 60,000). Another attempt waits two and a
   * half times as long, and is the last.
   */
  readonly responseTimeout?: number
  /** Milliseconds of silence, or of less than `minimumRate`, after which a transfer is broken off (60,000). */
  readonly stallTimeout?: number
  /** Bytes a second: a body that brings less has stalled (20). */
  readonly minimumRate?: number
  /**
   * Hosts, by name or address, that the URLs of foreign layers may lead to although they are in a private network or on
   * this machine (none but the registry's own).
   */
  readonly foreignHosts?: readonly string[]
  /** Origins of token servers that may get credentials although the rules say no: `http://auth.lan:5001`. */
  readonly trustedRealms?: readonly string[]
  /** Bytes to keep of downloads that broke off, over all images, the youngest first (1 GiB); none with 0. */
  readonly keepPartials?: number
  /** Speak plain HTTP to every registry. Loopback addresses need no telling. */
  readonly plainHttp?: boolean
  /** Do not verify TLS certificates. */
  readonly insecureTls?: boolean
  /**
   * Certificates to trust beside Node's and the system's, as PEM text. The system's are those that Go programs trust:
   * `SSL_CERT_FILE` and `SSL_CERT_DIR` name others in their place.
   */
  readonly ca?: string
  /**
   * By registry, as references name it (`docker.io`, `localhost:5000`), or by namespace (`quay.io/team`). The longest key
   * that is a prefix of a repository's name is taken; what no key covers gets no credentials.
   */
  readonly credentials?: Readonly<Record<string, RegistryCredentials>>
  /**
   * A Docker `config.json` or a Podman `auth.json`, in the place of the files that the environment names and that logins
   * leave. It must be there.
   */
  readonly authFile?: string
  readonly userAgent?: string
  /** How much an image may ask for, where that is to be other than the defaults (docs/layers.md, "Limits"). */
  readonly limits?: Partial<Limits>
  /**
   * Refuse a schema 1 manifest that is not signed, or signed in a way that cannot be checked. A signature that
   * does not hold is refused anyway. Later manifests carry no signatures: this says nothing of them.
   */
  readonly requireSchema1Signatures?: boolean
  /**
   * Receives what is odd about the store itself, in a sentence with what to do, and a code: `store-unsafe` where other users
   * can change it (root is refused such a store), `store-locked` while its lock is waited for, `no-store` where the images
   * of a store are asked for that is not there, `store` for all else. What is about one pull stands in the events of that
   * pull.
   */
  readonly onWarning?: (message: string, code: string) => void
}

/** A user name and a password for a registry or a namespace of one. */
export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** Options of one pull. */
export interface PullOptions {
  /** `os/arch[/variant]`; this machine's unless said otherwise (its Linux, on any other system). */
  readonly platform?: string
  /** Unpack every layer into a tree of its own (true). */
  readonly unpack?: boolean
  /** Also put all layers together into one tree, in this directory: it must be empty or not be there. */
  readonly rootfs?: string
  /** How a layer's tree says that something of a lower one is gone: overlay where this process may, else aufs. */
  readonly whiteouts?: 'overlay' | 'aufs'
  /** Keep no compressed blobs of the layers. */
  readonly discardBlobs?: boolean
  /** Fetch and unpack everything again, whatever is here. */
  readonly refresh?: boolean
  /** Cancels the pull. */
  readonly signal?: AbortSignal
  /**
   * Returns the stages that replace those of this pull; the others stay. Such a pull shares no downloads with others.
   */
  readonly stages?: (bound: PullStages) => Partial<PullStages>
}

/** Options of one copy. */
export interface CopyOptions {
  /** Of an index, the image to copy: `os/arch[/variant]`; this machine's unless said otherwise. */
  readonly platform?: string
  /** Copy an index with everything in it: the images of all platforms, attestations, nested indexes (false). */
  readonly allPlatforms?: boolean
  /** Cancels the copy. */
  readonly signal?: AbortSignal
}

/** How long to wait for the end of something. */
export interface CloseOptions {
  /** Milliseconds after which to fail, naming what has not ended; the closing itself goes on (no limit). */
  readonly within?: number
}

/** What a pull of several images can be told. */
export interface PullAllOptions extends Omit<PullOptions, 'rootfs'> {
  /** Of all tags: end with the first that fails, where else each is reported. */
  readonly failFast?: boolean
}

/**
 * The store's directory, as an absolute path. A variable that is empty is not set; a relative `XDG_DATA_HOME` is ignored,
 * as the XDG Base Directory Specification has it.
 *
 * @throws WindlassError USAGE for a wrong `WINDLASS_STORE`, and where nothing says where to keep a store
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
  throw new WindlassError('USAGE', 'Looking for the store: this user has no home directory', {
    hint: 'Name a directory with --store or WINDLASS_STORE.',
  })
}

/** One a processor. */
export const defaultUnpacks = (): number => Math.max(1, availableParallelism())
