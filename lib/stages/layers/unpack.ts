/**
 * Unpacks a layer into a tree of its own in the staging area, behind its download, and answers once the blob is
 * verified and somebody expects the diffID that came out. Works in a pool of threads that all pulls share.
 */
import { type Observable, concatMap, first, map, of, takeWhile } from 'rxjs'
import type { UnpackPool, UnpackResult, WhiteoutForm } from '../../archive/index.js'
import type { GrowingFile } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { Actor, type Behavior, type Scope, type Stage, type Turn, through } from '../../flow/index.js'
import type { DigestAlgorithm } from '../../image/index.js'
import type { StagedLayer, Store } from '../../store/index.js'
import type { UnpackedLayer } from '../elements.js'
import type { ArrivingLayer } from '../../transfer/elements.js'
import { OtherAlgorithm } from '../../transfer/sharing/expectations.js'
import { untilAborted } from '../../flow/lifetime/abort.js'

export type UnpackWork = ArrivingLayer & { readonly form: WhiteoutForm }

/** The unpacking of all pulls of a puller, so many at once. */
export type Unpacks = Actor<UnpackWork, UnpackedLayer>

export interface UnpackOptions {
  readonly store: Store
  readonly pool: UnpackPool
}

export function unpackSlots(slots: number, options: UnpackOptions, scope: Scope): Unpacks {
  return new Actor(() => unpackLayer(options), { name: 'unpacks', slots, pick: arrivedFirst }, scope)
}

export function unpack(unpacks: Unpacks, form: WhiteoutForm): Stage<ArrivingLayer, UnpackedLayer> {
  return through(
    (layer: ArrivingLayer, scope) =>
      begun(layer).pipe(concatMap(() => unpacks.ask({ ...layer, form }, scope))),
    { name: 'unpack' },
  )
}

/** Emits once there is something to unpack: a thread that waits for a registry's first byte is kept from others. */
function begun({ arriving }: ArrivingLayer): Observable<unknown> {
  if (!arriving) return of(undefined)
  return arriving.file.states.pipe(
    first(({ length, phase }) => length > 0 || phase !== 'growing', undefined), // or the file was closed
  )
}

/** A layer whose bytes are here goes before one that would keep its thread waiting for the network. */
function arrivedFirst(waiting: readonly ArrivingLayer[]): number {
  const arrived = waiting.findIndex(({ arriving }) => arriving?.file.state.phase !== 'growing')
  return Math.max(0, arrived)
}

const unpackLayer =
  ({ store, pool }: UnpackOptions): Behavior<UnpackWork, UnpackedLayer> =>
  async (layer, turn): Promise<UnpackedLayer> => {
    const computed = new Set<DigestAlgorithm>()
    // The config, which says how a diffID is computed, may be on its way: nearly all say sha256.
    for (let algorithm: DigestAlgorithm | undefined; ;) {
      const by: DigestAlgorithm = algorithm ?? layer.algorithm?.() ?? 'sha256'
      const staged = await store.layers.stage()
      turn.scope.defer(() => staged.discard(), `the staged tree of ${layer.descriptor.digest}`)
      try {
        const unpacked = await unpackOnce(layer, staged, by, { store, pool, turn })
        computed.add(by)
        await untilAborted(layer.confirm(unpacked.diffID), turn.signal)
        return { ...layer, staged, unpacked }
      } catch (error) {
        await staged.discard()
        if (error instanceof DownloadRestarted) continue
        if (error instanceof OtherAlgorithm && !computed.has(error.algorithm)) {
          algorithm = error.algorithm
          continue
        }
        // What is wrong with these bytes will be wrong again: nothing of them is kept to be resumed.
        if (error instanceof WindlassError && error.exitCode === 5) await layer.arriving?.partial.discard()
        throw aboutLayer(error, layer)
      }
    }
  }

async function unpackOnce(
  layer: UnpackWork,
  staged: StagedLayer,
  algorithm: DigestAlgorithm,
  { store, pool, turn }: UnpackOptions & { readonly turn: Turn },
): Promise<UnpackResult> {
  const { arriving, descriptor, path, form } = layer
  const { digest, size } = descriptor
  const generation = arriving?.file.state.generation
  /** Settles once the bytes that were unpacked are known to be the blob's; fails where they were not. */
  const trusted = async (): Promise<void> => {
    const state = await arriving?.file.waitFor('verified', turn.signal)
    if (state?.generation !== generation) throw new DownloadRestarted(digest)
  }
  const unpacking = pool.unpack(
    {
      path,
      into: staged.path,
      whiteouts: form,
      owner: store.owner,
      algorithm,
      // What arrives is hashed as it arrives; what was in the store may have rotted there.
      ...(arriving ? { growth: growth(arriving.file) } : { expected: { digest, size } }),
    },
    {
      signal: turn.signal,
      onProgress: (current) => {
        // While it downloads, the download's own progress says more.
        if (arriving?.file.state.phase === 'growing') return
        turn.emit({ type: 'layer', digest, status: 'extracting', current, total: size })
      },
      onWarning: (code, message) => turn.emit({ type: 'warning', code, message, digest }),
    },
  )
  try {
    const unpacked = await unpacking
    await trusted()
    return unpacked
  } catch (error) {
    // What is wrong with bytes that are not verified yet says nothing of the layer.
    if (isAboutBytes(error)) await trusted()
    throw error
  }
}

/** How far a file has come, as the threads want it told; fails when the download fails or begins anew. */
function growth(file: GrowingFile) {
  const { generation: first } = file.state
  return file.states.pipe(
    map(({ length, phase, generation, error }) => {
      if (error) throw error
      if (generation !== first) throw new DownloadRestarted(file.path)
      return { length, final: phase !== 'growing' }
    }),
    takeWhile(({ final }) => !final, true),
  )
}

/** Threads know bytes, not which layer they are. */
function aboutLayer(error: unknown, { descriptor: { digest } }: UnpackWork): unknown {
  if (!(error instanceof WindlassError) || error.message.includes(digest)) return error
  const { code, message, hint, retryable, subject } = error
  const more = hint === undefined ? {} : { hint }
  return new WindlassError(code, `Layer ${digest}: ${message}`, {
    ...subject,
    digest,
    retryable,
    cause: error,
    ...more,
  })
}

/** Whether an error may come of wrong bytes, rather than of the disk or the caller. */
const isAboutBytes = (error: unknown): boolean =>
  error instanceof WindlassError && error.exitCode === 5 && !(error instanceof DownloadRestarted)

/** The bytes that were being unpacked are not the blob's after all: they come again. */
class DownloadRestarted extends WindlassError {
  constructor(what: string) {
    super('INTERNAL', `The download of ${what} began anew`)
  }
}
