/** The problems that a verification has found: which images each harms, and what became of its repair. */
import type { ErrorRecord, WindlassError } from '../../lib/errors.js'
import type { Digest } from '../../lib/image/index.js'

/** Something that is not as it should be. */
export interface StoreProblem {
  /**
   * `tree`: an unpacked layer, its digest a diffID; `blob`: what no name needs; `pointer`: what says which layer a blob unpacks to; `name`: an entry of `index.json`, with what
   * it points at as far as that can be read; `layout`: the file that says that this is one.
   */
  readonly kind: 'manifest' | 'index' | 'config' | 'layer' | 'tree' | 'blob' | 'pointer' | 'name' | 'layout'
  readonly digest?: Digest
  readonly path: string
  /** Names of the images that need it; of a `name`, as far as it can be read. */
  readonly images: readonly string[]
  /** What is wrong, as a clause. */
  readonly why: string
  readonly repaired: boolean
  /** Why it could not be repaired. */
  readonly error?: ErrorRecord
}

/** How many failed attempts one error tells of. */
const told = 3

/** A problem as it is found, with the names that are known to lead to it by then. */
export type NewProblem = Omit<StoreProblem, 'repaired' | 'error'>

export class FoundProblem {
  readonly #problem: NewProblem
  readonly #images: Set<string>
  /** By place, since names of one place have one outcome. */
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

  alsoHarms(image: string): void {
    this.#images.add(image)
  }

  wasTriedAt(place: string): boolean {
    return this.#failures.has(place)
  }

  repaired(): void {
    this.#repaired = true
  }

  failed(place: string, name: string, error: WindlassError): void {
    this.#failures.set(place, { name, error })
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

  /** Of several names, all had their turn. */
  #error(): ErrorRecord | undefined {
    const [first, ...others] = this.#failures.values()
    if (!first || others.length === 0) return first?.error.toJSON()
    const each = [first, ...others].slice(0, told).map(({ name, error }) => `${name}: ${error.message}`)
    const more = others.length + 1 - each.length
    return {
      ...first.error.toJSON(),
      message: `None of ${others.length + 1} names could be used. ${each.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    }
  }
}

export class FoundProblems {
  readonly #all = new Map<string, FoundProblem>()
  readonly #byDigest = new Map<Digest, FoundProblem[]>()

  /** The problem, which may have been found before. */
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

  /** Those of the blob or tree of that digest. */
  of(digest: Digest): readonly FoundProblem[] {
    return this.#byDigest.get(digest) ?? []
  }

  toList(): StoreProblem[] {
    return [...this.#all.values()].map((found) => found.toProblem())
  }
}
