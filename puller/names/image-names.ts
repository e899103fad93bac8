/**
 * Provides `ImageNames`, which converts the names of images to requests. A name without a registry means what
 * `registries.conf` says, otherwise an image of Docker Hub.
 */
import { WindlassError } from '../../lib/errors.js'
import { parseImageName, parseReference, withDefaultTag } from '../../lib/image/index.js'
import type { Limits } from '../../lib/limits.js'
import type { ImageRegistries, ShortNames } from '../../lib/registry/index.js'
import { isDigestStart } from '../../lib/store/index.js'
import { registriesOfPull } from '../options/credentials.js'
import type { PullOptions } from '../options/options.js'
import type { Candidate, Located, RepositoryCandidate } from './located.js'
import { requireChoice } from './choice.js'
import { meaningsOf } from './meanings.js'
import { locate } from './request.js'
import { type StoredRequest, storedRequest } from './stored-request.js'
import { repositoryNamed } from './tags.js'

/** Settings of `ImageNames`. */
export interface ImageNamesOptions {
  readonly registries: ImageRegistries
  readonly limits: Limits
  /** Returns the directory of the store. */
  readonly store: () => string
  /** Returns what the files say about names without a registry. Undefined: these are names of Docker Hub. */
  readonly shortNames: (() => ShortNames) | undefined
}

/** Options of one name. */
export interface NameOptions extends Pick<PullOptions, 'credentials'> {
  /** `os/arch[/variant]`; undefined for the platform of this machine. */
  readonly platform?: string | undefined
}

/** Converts names to requests. */
export class ImageNames {
  constructor(private readonly options: ImageNamesOptions) {}

  /**
   * Returns what the name of an image in a registry or a layout may mean. Sends no request.
   * @throws USAGE for a name that is not a string, and if a file is malformed; REFERENCE_INVALID, PLATFORM_INVALID
   */
  locate(typed: string, { platform, credentials }: NameOptions = {}): Located {
    const { limits } = this.options
    const registries = registriesOfPull(this.options.registries, credentials)
    const written = locate(typed, platform, registries, limits)
    const { found, mode } = meaningsOf(typed, this.options.shortNames)
    const [first, ...others] = found.map(({ name, reason }): Candidate => {
      return { request: { ...locate(name, platform, registries, limits), typed }, reason }
    })
    if (first === undefined) return { typed, candidates: [{ request: written }], mode }
    const candidates = [first, ...others] as const
    const isCandidate = candidates.some(({ request }) => request.name === written.name)
    return { typed, candidates, mode, ...(!isCandidate && { formerly: written }) }
  }

  /**
   * Returns what the name of an image may mean, which may also be a digest, a key or another name of the store.
   * @throws as `locate`; USAGE when a digest matches several images of the store
   */
  locateAnywhere(typed: string, options: NameOptions = {}): Located {
    const findStored = (): Located | undefined => {
      const { limits, store } = this.options
      const found = storedRequest(typed, store(), { platform: options.platform, limits })
      return found && locatedInStore(found)
    }
    const stored = isDigestOrKey(typed) ? findStored() : undefined
    if (stored) return stored
    try {
      return this.locate(typed, options)
    } catch (error) {
      const code = error instanceof WindlassError ? error.code : undefined
      const found = code === 'REFERENCE_INVALID' ? findStored() : undefined
      if (found) return found
      throw error
    }
  }

  /**
   * Returns the repositories that a name may mean.
   * @param purpose - completes “Cannot …” in errors: `list tags`
   * @throws as `repositoryNamed`; USAGE if a file is malformed, or the files forbid to choose
   */
  repositories(typed: string, purpose: string): readonly RepositoryCandidate[] {
    const written = repositoryNamed(typed, purpose)
    const { found, mode } = meaningsOf(typed, this.options.shortNames)
    if (found.length === 0) return [{ reference: written }]
    const candidates = found.map(({ name, reason }) => ({ reference: parseReference(name), reason }))
    requireChoice(
      typed,
      candidates.map(({ reference }) => reference.name),
      mode,
    )
    return candidates
  }

  /** Returns the names of the store that a word may mean, in the order in which they are tried. @throws REFERENCE_INVALID */
  storedNames(word: string): readonly string[] {
    const named = parseImageName(word)
    if (named.kind !== 'registry') return [word]
    const names = [
      ...meaningsOf(word, this.options.shortNames).found.map(({ name }) =>
        withDefaultTag(parseReference(name)).toString(),
      ),
      withDefaultTag(named.reference).toString(),
    ]
    return [...new Set(names)]
  }
}

const locatedInStore = ({ request, incompleteError }: StoredRequest): Located => ({
  ...{ typed: request.typed, candidates: [{ request }], mode: 'permissive', incompleteError },
})

/**
 * Reports whether a word is a digest, the start of one, or a key of a store entry. Such words never name a repository.
 */
const isDigestOrKey = (word: string): boolean => isDigestStart(word) || /^@[0-9a-f]{12}$/.test(word)
