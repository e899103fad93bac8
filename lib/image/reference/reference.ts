/** References: normalised names of images in a registry. */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../digest/digest.js'
import { quoted } from '../../codec/printable.js'
import { isTag } from './grammar.js'
import { defaultRegistry, splitRegistry } from './registry.js'

/** Tag of a reference without a tag or digest. */
export const defaultTag = 'latest'

interface Parts {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

/** An immutable, normalised reference. Created by `parseReference`. */
export class Reference {
  /** Host and port: `docker.io`, `localhost:5000`, `[::1]:5000`. In the case that was entered. */
  readonly registry: string
  /** Path of the repository: `library/alpine`. */
  readonly repository: string
  /** Tag, if the reference has one. */
  readonly tag: string | undefined
  /** Digest, if the reference has one. */
  readonly digest: Digest | undefined
  /** The text as entered by the user. The store records it with the image. */
  readonly typed: string

  /** @param typed the text as entered by the user */
  constructor({ registry, repository, tag, digest }: Parts, typed: string) {
    this.registry = registry
    this.repository = repository
    this.tag = tag
    this.digest = digest
    this.typed = typed
    Object.freeze(this)
  }

  /** Registry and repository: `docker.io/library/alpine`. */
  get name(): string {
    return `${this.registry}/${this.repository}`
  }

  /** The tag or digest to request the manifest by. The digest has precedence over the tag. Default: `latest`. */
  get target(): string {
    return this.digest ?? this.tag ?? defaultTag
  }

  /** Returns the normalised name: `docker.io/library/alpine:3.20@sha256:…`. Parsing it yields the same reference. */
  toString(): string {
    return this.name + this.suffix
  }

  /** Returns the normalised name. */
  toJSON(): string {
    return this.toString()
  }

  /** Returns the shortest form that parses to the same reference: `alpine:3.20`, `team/app`, `localhost:5000/app`. */
  familiar(): string {
    if (this.registry !== defaultRegistry) return this.toString()
    const short = this.repository.replace(/^library\/(?=[^/]+$)/, '')
    const parsed = splitRegistry(short + this.suffix)
    const same = parsed?.registry === this.registry && parsed.rest === this.repository + this.suffix
    return same ? short + this.suffix : this.toString()
  }

  /**
   * Returns a reference to `tag` in the same repository, without a digest.
   * @throws REFERENCE_INVALID if `tag` is not a tag
   */
  withTag(tag: string): Reference {
    if (!isTag(tag))
      throw new WindlassError('REFERENCE_INVALID', `${quoted(tag)} is not a tag of ${this.name}`, {
        reference: this.name,
      })
    return this.select({ tag })
  }

  /** Returns a reference to `digest` in the same repository, without a tag. */
  withDigest(digest: Digest): Reference {
    return this.select({ digest })
  }

  private select(selector: { tag: string } | { digest: Digest }): Reference {
    const { registry, repository, typed } = this
    return new Reference({ registry, repository, ...selector }, typed)
  }

  private get suffix(): string {
    return (
      (this.tag === undefined ? '' : `:${this.tag}`) + (this.digest === undefined ? '' : `@${this.digest}`)
    )
  }
}

/** Returns `reference` if it has a tag or digest, otherwise the reference with the tag `latest`. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag === undefined && reference.digest === undefined ? reference.withTag(defaultTag) : reference
