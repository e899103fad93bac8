/** Defines an entry of the fault catalogue: what the registry does, and what a client must do then. */
import type { ErrorCode } from '../../../errors.js'
import type { Digest } from '../../../image/digest/digest.js'
import type { BuiltImage } from '../../images/build-image.js'
import type { CertificateOptions } from '../certificate.js'
import type { TokenAuth } from '../auth.js'
import type { TestRegistry } from '../start.js'

/** Part of the protocol that a fault affects. */
export type CataloguedMoment =
  | 'ping'
  | 'challenge'
  | 'token'
  | 'redirect'
  | 'status'
  | 'manifest'
  | 'config'
  | 'blob'
  | 'range'
  | 'tags'
  | 'foreign URL'
  | 'wire'
  | 'stall'
  | 'tls'

/** Required result of a client: the correct image, the correct list of tags, or an error with this code. */
export type FaultOutcome = 'image' | 'tags' | ErrorCode

/** Maximum traffic that a client may cause. */
export interface FaultBudget {
  /** Maximum number of requests to the registry, including `GET /v2/` and refused requests. */
  readonly requests: number
  /** Maximum number of requests to the other origin. */
  readonly elsewhere: number
  /** Maximum number of bytes that both origins send, including headers. */
  readonly bytes: number
}

/** Configuration of a scene. */
export interface FaultSetting {
  /** Certificate of the registry; without it, the registry uses plain HTTP. */
  readonly tls?: CertificateOptions
  /** Whether the client trusts the certificate (true). */
  readonly trusted?: boolean
  /** Scheme of the other origin (by default, that of the registry). */
  readonly elsewhere?: 'http'
  readonly auth?: Partial<TokenAuth>
  /** Request the image by digest instead of by tag. */
  readonly by?: 'digest'
}

/** An entry of the catalogue. */
export interface CataloguedFault {
  /** `moment/name`. Unique and stable. */
  readonly id: string
  readonly moment: CataloguedMoment
  /** Behaviour of the registry, as a clause without its subject: `responds with 404`. */
  readonly behaviour: string
  /** Required result of the client. */
  readonly outcome: FaultOutcome
  /** Maximum traffic. */
  readonly budget: FaultBudget
  /** Origins that may receive credentials (the registry only). */
  readonly credentialsAt: readonly ('registry' | 'elsewhere')[]
  readonly setting: FaultSetting
  /** Whether a server stops responding. The client then needs short timeouts (the specs use 400 ms). */
  readonly silent: boolean
  /** Action of the client: pull the image, or list the tags of the repository. */
  readonly action: 'pull' | 'tags'
  /** Installs the fault in a scene. */
  install(scene: FaultScene): void
  /** Checks the servers after the action. Returns one sentence per violation. */
  check?(scene: FaultScene): readonly string[]
}

/** A running registry with an image and a fault. */
export interface FaultScene {
  readonly fault: CataloguedFault
  readonly registry: TestRegistry
  /** Another origin with the same blobs that requires no login. */
  readonly elsewhere: TestRegistry
  readonly image: BuiltImage
  readonly repository: string
  /** Reference that the client is to use. */
  readonly reference: string
  readonly login: { readonly username: string; readonly password: string }
  /** Certificate in PEM that the client is to trust; undefined without TLS or if it is not to be trusted. */
  readonly ca: string | undefined
  /** Digest of the large layer. */
  readonly layer: Digest
  /** Digest of the config. */
  readonly config: Digest
  /** Size of the large layer in bytes. */
  readonly size: number
  /** Signed URL of the large layer at the other origin. */
  readonly signedUrl: string
  /** Returns the manifest of the tag. */
  readonly manifest: () => Record<string, unknown>
  /** Returns the digests that a pull must store: of the manifest of the tag and of the blobs of the image. */
  readonly digests: () => readonly string[]
  /** Returns a random integer from 0 to `below`, exclusive. The sequence is determined by the seed of the scene. */
  readonly random: (below: number) => number
  /** Replaces the manifest of the tag by bytes or by a document. */
  readonly publish: (manifest: unknown, mediaType?: string) => void
  /**
   * Returns the secrets, including all tokens issued so far. They must not occur in messages, events or files, nor in
   * requests to another origin.
   */
  readonly secrets: () => readonly string[]
  /** Returns the traffic so far. */
  traffic(): { readonly requests: number; readonly elsewhere: number; readonly bytes: number }
  /** Returns the violations that the servers observed: exceeded budgets, leaked credentials, and those of `check`. */
  findings(): readonly string[]
  /** Ends the fault. A pull must succeed afterwards. */
  endFault(): void
  /** Closes both origins. */
  close(): Promise<void>
}

/** Members of a fault or its budget that differ from the defaults. */
export type FaultChange = Partial<
  Pick<CataloguedFault, 'credentialsAt' | 'setting' | 'silent' | 'action' | 'check'> & FaultBudget
>

/**
 * Traffic of a pull without a fault. The requests are for `/v2/`, the manifest (refused), a token, the manifest, the
 * config and two layers. The bodies have 97 KiB; the rest is for headers.
 */
const defaultBudget: FaultBudget = { requests: 7, elsewhere: 0, bytes: 104 * 1024 }

/** Creates a fault from its name, behaviour and required result. `change` replaces defaults. */
export type DefineFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  install: (scene: FaultScene) => void,
  change?: FaultChange,
) => CataloguedFault

/** Returns a function that creates faults of `moment`. `defaults` replaces the general defaults. */
export const faultDefiner =
  (moment: CataloguedMoment, defaults: FaultChange = {}): DefineFault =>
  (name, behaviour, outcome, install, change = {}) => {
    const { requests, elsewhere, bytes, ...rest } = { ...defaultBudget, ...defaults, ...change }
    return {
      id: `${moment.replace(' ', '-').toLowerCase()}/${name}`,
      ...{ moment, behaviour, outcome, install },
      budget: { requests, elsewhere, bytes },
      ...{ credentialsAt: ['registry'], setting: {}, silent: false, action: 'pull' },
      ...rest,
    }
  }
