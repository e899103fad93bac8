/** Collects the problems that a verification finds, with the images that each affects and the results of repairs. */
import type { ErrorRecord, WindlassError } from '../../lib/errors.js'
import type { Digest } from '../../lib/image/index.js'

/** A problem of the store. */
export interface StoreProblem {
  /**
   * - `manifest`, `index`, `config`, `layer`: a blob that a name needs
   * - `tree`: an unpacked layer; its digest is the diffID
   * - `blob`: a blob that no name needs
   * - `pointer`: the record that maps a blob to its unpacked layer
   * - `name`: an entry of `index.json`; its digest is known only if the entry has one that can be read
   * - `layout`: `oci-layout`, the file that marks an OCI layout
   */
  readonly kind: 'manifest' | 'index' | 'config' | 'layer' | 'tree' | 'blob' | 'pointer' | 'name' | 'layout'
  readonly digest?: Digest
  readonly path: string
  /** Names of the images that need it. For a `name`, the name of the entry if it can be read. */
  readonly images: readonly string[]
  /** The fault, as a clause. */
  readonly why: string
  readonly repaired: boolean
  /** Why it could not be repaired. */
  readonly error?: ErrorRecord
}

/** Maximum number of failed attempts that one error lists. */
const maxReportedFailures = 3

/** A problem before any repair. `images` has the names that are known so far to need the object. */
export type NewProblem = Omit<StoreProblem, 'repaired' | 'error'>

/** A problem, the images that it affects and the attempts to repair it. */
export class FoundProblem {
  readonly #problem: NewProblem
  readonly #images: Set<string>
  /**
   * Failed attempts by origin (see `Repair.originKey`). Another attempt from the same origin would fail too.
   */
  readonly #failures = new Map<string, { readonly name: string; readonly error: WindlassError }>()
  #repaired = false

  constructor(problem: NewProblem) {
    this.#problem = problem
    this.#images = new Set(problem.images)
  }

  get kind(): StoreProblem['kind'] {
    return this.#problem.kind
  }

  get digest(): Digest | undefined {
    return this.#problem.digest
  }

  get isRepaired(): boolean {
    return this.#repaired
  }

  /** Adds an image that needs the damaged object. */
  addAffectedImage(image: string): void {
    this.#images.add(image)
  }

  /** Reports whether a repair from `origin` has failed. */
  hasFailedFrom(origin: string): boolean {
    return this.#failures.has(origin)
  }

  /** Marks the problem as repaired. */
  markRepaired(): void {
    this.#repaired = true
  }

  /** Records that the repair for the image `name` from `origin` failed. */
  recordFailure(origin: string, name: string, error: WindlassError): void {
    this.#failures.set(origin, { name, error })
  }

  toProblem(): StoreProblem {
    const error = this.#repaired ? undefined : this.#error()
    return {
      ...this.#problem,
      images: [...this.#images],
      repaired: this.#repaired,
      ...(error && { error }),
    }
  }

  /** The error of the only failed attempt, or one error that summarises several attempts. */
  #error(): ErrorRecord | undefined {
    const [first, ...others] = this.#failures.values()
    if (!first || others.length === 0) return first?.error.toJSON()
    const each = [first, ...others]
      .slice(0, maxReportedFailures)
      .map(({ name, error }) => `${name}: ${error.message}`)
    const more = others.length + 1 - each.length
    return {
      ...first.error.toJSON(),
      message: `None of the ${others.length + 1} names that need it could repair it: ${each.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    }
  }
}

/** The problems of one verification. Each damaged object has one problem. */
export class FoundProblems {
  readonly #all = new Map<string, FoundProblem>()
  readonly #byDigest = new Map<Digest, FoundProblem[]>()

  /** Adds a problem. Returns the existing one if the object already has a problem of this kind. */
  add(problem: NewProblem): FoundProblem {
    const { kind, digest, images } = problem
    const key = `${kind} ${digest ?? ''} ${kind === 'name' ? images.join() : ''}`
    const before = this.#all.get(key)
    if (before) return before
    const found = new FoundProblem(problem)
    this.#all.set(key, found)
    if (digest) this.#byDigest.set(digest, [...this.of(digest), found])
    return found
  }

  /** Returns the problems of the blob or tree with this digest. */
  of(digest: Digest): readonly FoundProblem[] {
    return this.#byDigest.get(digest) ?? []
  }

  toList(): StoreProblem[] {
    return [...this.#all.values()].map((found) => found.toProblem())
  }
}
