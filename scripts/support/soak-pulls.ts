/**
 * Runs the pulls of the soak test: of every kind, in an order that is determined by a seed, each with its required
 * result.
 */
import { asWindlassError, type ErrorCode } from '../../lib/errors.js'
import type { Windlass } from '../../puller/index.js'
import { Random } from '../../testbench/fuzz/random.js'

/** Weight of each kind, and its possible results: none for an image, or one of these errors. */
const kinds: Readonly<Record<string, { readonly often: number; readonly ends: readonly ErrorCode[] }>> = {
  fresh: { often: 30, ends: [] },
  again: { often: 15, ends: [] },
  flaky: { often: 5, ends: [] },
  reset: { often: 5, ends: [] },
  stall: { often: 3, ends: [] },
  gone: { often: 4, ends: ['NAME_UNKNOWN'] },
  hole: { often: 3, ends: ['BLOB_UNKNOWN'] },
  down: { often: 3, ends: ['REGISTRY_UNAVAILABLE'] },
  cut: { often: 4, ends: ['NETWORK'] },
  silent: { often: 1, ends: ['STALLED'] },
  wrong: { often: 4, ends: ['DIGEST_MISMATCH'] },
  config: { often: 2, ends: ['DIGEST_MISMATCH'] },
  liar: { often: 2, ends: ['DIFF_ID_MISMATCH'] },
  hostile: { often: 2, ends: ['LAYER_INVALID'] },
}
/** Share of pulls that are cancelled at a random time. Such a pull may have ended before. */
const cancelled = 0.2

const bag = Object.entries(kinds).flatMap(([kind, { often }]) => Array.from({ length: often }, () => kind))

export interface Ended {
  readonly kind: string
  /** `done`, or the code of the error. */
  readonly how: string
  /** The violation; undefined if the pull ended as required. */
  readonly wrong: string | undefined
}

export class SoakPulls {
  readonly #random: Random
  #started = 0
  #last: string | undefined

  constructor(
    private readonly host: string,
    seed: number,
  ) {
    this.#random = new Random('soak', seed)
  }

  /** Returns the number of pulls to run concurrently next: mostly one, up to four. */
  together(): number {
    return 1 + this.#random.below(2) * this.#random.below(4)
  }

  /** Runs a pull until it has released all its resources. */
  async next(puller: Windlass): Promise<Ended> {
    const random = this.#random
    const kind = random.pick(bag)
    const number = ++this.#started
    const name = kind === 'again' && this.#last ? this.#last : `${this.host}/${kind}/${number}:1`
    const known = kinds[kind]
    const unpack = !random.chance(0.1)
    const discardBlobs = unpack && random.chance(0.05)
    const stops = random.chance(cancelled) ? this.#moment() : undefined
    const pull = puller.pull(name, { platform: 'linux/amd64', unpack, discardBlobs })
    stops?.(pull)
    const error = await pull.done.then(
      () => undefined,
      (failed: unknown) => asWindlassError(failed),
    )
    await pull.closed()
    if (!error && kind === 'fresh') this.#last = name
    const result = error?.code ?? 'done'
    const may: readonly string[] = [
      ...(known && known.ends.length > 0 ? known.ends : ['done']),
      ...(stops ? ['CANCELLED'] : []),
      // Without unpacking, the content of the layers is not read.
      ...(!unpack && (kind === 'liar' || kind === 'hostile') ? ['done'] : []),
    ]
    const wrong = may.includes(result) ? undefined : `${name} ended with ${result}: ${error?.message ?? ''}`
    return { kind: stops ? 'cancelled' : kind, how: result, wrong }
  }

  /** Returns a function that cancels a pull after some milliseconds or at an event. */
  #moment(): (pull: ReturnType<Windlass['pull']>) => void {
    const random = this.#random
    if (random.chance(0.5)) {
      const after = random.below(60)
      return (pull) => void setTimeout(() => pull.cancel(), after)
    }
    let left = random.below(14)
    return (pull) => {
      pull.events.subscribe(() => {
        if (left-- === 0) pull.cancel()
      })
    }
  }
}
