/**
 * Unpacks a layer into a tree of its own in the staging area, behind its download, and answers once the blob is
 * verified and somebody expects the diffID that came out. Works in a pool of threads that all pulls share.
 */
import { map, takeWhile } from 'rxjs'
import type { UnpackPool, UnpackResult, WhiteoutForm } from '../archive/index.js'
import type { GrowingFile } from '../bytes/index.js'
import { WindlassError } from '../errors.js'
import { Actor, type Behavior, type Scope, type Stage, type Turn, through } from '../flow/index.js'
import type { StagedLayer, Store } from '../store/index.js'
import type { ArrivingLayer, UnpackedLayer } from './elements.js'
import { untilAborted } from './until-aborted.js'

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
  return through((layer: ArrivingLayer, scope) => unpacks.ask({ ...layer, form }, scope), { name: 'unpack' })
}

/** A layer whose bytes are here goes before one that would keep its thread waiting for the network. */
function arrivedFirst(waiting: readonly ArrivingLayer[]): number {
  const arrived = waiting.findIndex(({ arriving }) => arriving?.file.state.phase !== 'growing')
  return Math.max(0, arrived)
}

const unpackLayer =
  ({ store, pool }: UnpackOptions): Behavior<UnpackWork, UnpackedLayer> =>
  async (layer, turn): Promise<UnpackedLayer> => {
    for (;;) {
      const staged = await store.layers.stage()
      turn.scope.defer(() => staged.discard(), `the staged tree of ${layer.descriptor.digest}`)
      try {
        const unpacked = await unpackOnce(layer, staged, pool, turn)
        await untilAborted(layer.confirm(unpacked.diffID), turn.signal)
        return { ...layer, staged, unpacked }
      } catch (error) {
        if (!(error instanceof DownloadRestarted)) throw error
        await staged.discard()
      }
    }
  }

async function unpackOnce(
  layer: UnpackWork,
  staged: StagedLayer,
  pool: UnpackPool,
  turn: Turn,
): Promise<UnpackResult> {
  const { arriving, descriptor, path, form } = layer
  const { digest, size } = descriptor
  const generation = arriving?.file.state.generation
  const unpacked = await pool.unpack(
    {
      path,
      into: staged.path,
      whiteouts: form,
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
  const state = await arriving?.file.waitFor('verified', turn.signal)
  if (state?.generation !== generation) throw new DownloadRestarted(digest)
  return unpacked
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

/** The bytes that were being unpacked are not the blob's after all: they come again. */
class DownloadRestarted extends WindlassError {
  constructor(what: string) {
    super('INTERNAL', `The download of ${what} began anew`)
  }
}
