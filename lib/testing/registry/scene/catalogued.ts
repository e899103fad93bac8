/** One row of the table of faults: what a registry does, and what a client has to make of it; and the scene that it is set in. */
import type { ErrorCode } from '../../../errors.js'
import type { Digest } from '../../../image/digest/digest.js'
import type { BuiltImage } from '../../images/build-image.js'
import type { CertificateOptions } from '../certificate.js'
import type { TokenAuth } from '../auth.js'
import type { TestRegistry } from '../start.js'

/** When it strikes. */
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

/** The right bytes, the right list, or an error of this code. */
export type FaultOutcome = 'image' | 'tags' | ErrorCode

export interface FaultBudget {
  /** Requests that may reach the registry, `GET /v2/` and refused ones included. */
  readonly requests: number
  /** Requests that may reach the other origin. */
  readonly elsewhere: number
  /** Bytes that both may send, headers included, as long as the client takes what it asks for. */
  readonly bytes: number
}

export interface FaultSetting {
  /** The registry speaks TLS, with this certificate. */
  readonly tls?: CertificateOptions
  /** The client is told to trust that certificate (true). */
  readonly trusted?: boolean
  /** The other origin's scheme, where it is not the registry's. */
  readonly elsewhere?: 'http'
  readonly auth?: Partial<TokenAuth>
  /** How the image is asked for (by tag). */
  readonly by?: 'digest'
}

export interface CataloguedFault {
  /** `moment/what-happens`: unique, and it stays. */
  readonly id: string
  readonly moment: CataloguedMoment
  /** What the registry does, as a clause. */
  readonly does: string
  readonly gives: FaultOutcome
  readonly may: FaultBudget
  /** Origins that may see credentials: the registry alone, unless a fault is about another. */
  readonly credentialsAt: readonly ('registry' | 'elsewhere')[]
  readonly setting: FaultSetting
  /** It falls silent: a client is best given a short patience (the specs: 400 ms). */
  readonly silent: boolean
  /** What the client is to do: pull the image, or list the repository's tags. */
  readonly action: 'pull' | 'tags'
  plant(scene: FaultScene): void
  /** What else is to be seen on the servers afterwards; each sentence is something wrong. */
  check?(scene: FaultScene): readonly string[]
}

export interface FaultScene {
  readonly fault: CataloguedFault
  readonly registry: TestRegistry
  /** Another origin, which has the same blobs and asks nobody for a login. */
  readonly elsewhere: TestRegistry
  readonly image: BuiltImage
  readonly repository: string
  /** The reference to ask for. */
  readonly reference: string
  readonly login: { readonly username: string; readonly password: string }
  /** PEM, where the registry speaks TLS and is to be trusted. */
  readonly ca: string | undefined
  /** The digest of the large layer, and of the config. */
  readonly layer: Digest
  readonly config: Digest
  /** Bytes of the large layer. */
  readonly size: number
  /** A signed address of the large layer at the other origin. */
  readonly signed: string
  /** The manifest as it stands under the tag. */
  readonly manifest: () => Record<string, unknown>
  /** The digests that a pull must bring: of what stands under the tag, and of all that it leads to. */
  readonly digests: () => readonly string[]
  /** From 0 up to `below`, the same for the same seed. */
  readonly random: (below: number) => number
  /** Puts other bytes, or another document, under the tag. */
  readonly publish: (manifest: unknown, mediaType?: string) => void
  /** What must stand in no message, no event, no file, and reach no stranger. Grows as tokens are given out. */
  readonly secrets: () => readonly string[]
  spent(): { readonly requests: number; readonly elsewhere: number; readonly bytes: number }
  /** What went wrong as the servers saw it: budgets, credentials at strangers, and what the fault itself looks for. */
  findings(): readonly string[]
  /** Ends the fault: from now on a pull must succeed. */
  calm(): void
  close(): Promise<void>
}

/** What differs from the usual. */
export type FaultChange = Partial<
  Pick<CataloguedFault, 'credentialsAt' | 'setting' | 'silent' | 'action' | 'check'> & FaultBudget
>

/** A pull without any fault: `/v2/`, a refusal, a token, manifest, config and two layers of 97 KiB together. */
const usual: FaultBudget = { requests: 7, elsewhere: 0, bytes: 104 * 1024 }

export type DefineFault = (
  name: string,
  does: string,
  gives: FaultOutcome,
  plant: (scene: FaultScene) => void,
  change?: FaultChange,
) => CataloguedFault

/** Rows of one moment, which may have other usual values. */
export const faultsOf =
  (moment: CataloguedMoment, usually: FaultChange = {}): DefineFault =>
  (name, does, gives, plant, change = {}) => {
    const { requests, elsewhere, bytes, ...rest } = { ...usual, ...usually, ...change }
    return {
      id: `${moment.replace(' ', '-').toLowerCase()}/${name}`,
      ...{ moment, does, gives, plant },
      may: { requests, elsewhere, bytes },
      ...{ credentialsAt: ['registry'], setting: {}, silent: false, action: 'pull' },
      ...rest,
    }
  }
