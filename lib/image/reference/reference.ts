/**
 * References: which image is meant, normalised as Docker does it, and how the user said it.
 */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../digest/digest.js'
import { quoted } from '../../codec/printable.js'
import { isTag } from './grammar.js'
import { defaultRegistry, splitRegistry } from './registry.js'

/** What a reference without a tag or digest asks for. */
export const defaultTag = 'latest'

interface Parts {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

/** A normalised reference; immutable. Made by `parseReference`. */
export class Reference {
  /** Host and port: `docker.io`, `localhost:5000`, `[::1]:5000`. In the case it was typed in. */
  readonly registry: string
  /** `library/alpine`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: Digest | undefined
  /** Exactly what the user typed: what records hold. */
  readonly typed: string

  constructor({ registry, repository, tag, digest }: Parts, typed: string) {
    this.registry = registry
    this.repository = repository
    this.tag = tag
    this.digest = digest
    this.typed = typed
    Object.freeze(this)
  }

  /** `registry/repository`. */
  get name(): string {
    return `${this.registry}/${this.repository}`
  }

  /** What the manifests endpoint is asked for: the digest wins over the tag, and `latest` stands for neither. */
  get target(): string {
    return this.digest ?? this.tag ?? defaultTag
  }

  /** The normalised name: `docker.io/library/alpine:3.20@sha256:…`. Parsing it gives the same reference. */
  toString(): string {
    return this.name + this.suffix
  }

  toJSON(): string {
    return this.toString()
  }

  /** The shortest form that still means the same: `alpine:3.20`, `team/app`, `localhost:5000/app`. */
  familiar(): string {
    if (this.registry !== defaultRegistry) return this.toString()
    const short = this.repository.replace(/^library\/(?=[^/]+$)/, '')
    const meant = splitRegistry(short + this.suffix)
    const same = meant?.registry === this.registry && meant.rest === this.repository + this.suffix
    return same ? short + this.suffix : this.toString()
  }

  /** The same repository by this tag alone. Throws `REFERENCE_INVALID` for what is no tag. */
  withTag(tag: string): Reference {
    if (!isTag(tag))
      throw new WindlassError('REFERENCE_INVALID', `${quoted(tag)} is not a tag of ${this.name}`, {
        reference: this.name,
      })
    return this.by({ tag })
  }

  /** The same repository by this digest alone. */
  withDigest(digest: Digest): Reference {
    return this.by({ digest })
  }

  private by(how: { tag: string } | { digest: Digest }): Reference {
    const { registry, repository, typed } = this
    return new Reference({ registry, repository, ...how }, typed)
  }

  private get suffix(): string {
    return (
      (this.tag === undefined ? '' : `:${this.tag}`) + (this.digest === undefined ? '' : `@${this.digest}`)
    )
  }
}

/** `reference` itself if it has a tag or digest, else its `latest`. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag === undefined && reference.digest === undefined ? reference.withTag(defaultTag) : reference
