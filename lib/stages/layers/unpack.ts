/**
 * Unpacks layers into the staging area while they are downloaded, in a pool of threads that all pulls share. A layer is
 * emitted when its blob is verified and a pull expects its diffID. A pause stops the unpacking of a layer, so that a
 * paused pull holds no thread; afterwards the layer is unpacked from its start.
 */
import { type Observable, first, map, of, takeWhile } from 'rxjs'
import type { UnpackPool, UnpackResult, WhiteoutForm } from '../../archive/index.js'
import type { GrowingFile } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { InterruptibleControl } from '../../flow/control/interruptible-control.js'
import { type Stage, compose, pausable, through, untilAborted } from '../../flow/index.js'
import type { DigestAlgorithm } from '../../image/index.js'
import type { StagedLayer, Store } from '../../store/index.js'
import type { UnpackedLayer } from '../elements.js'
import type { ArrivingLayer } from '../../transfer/elements.js'
import { OtherAlgorithm } from '../../transfer/sharing/expectations.js'
import type { LayerEntries } from '../../transfer/layer-entries.js'
import { type PullTurn, pullStage } from '../pull-stage.js'

/** Settings of `unpack`. */
export interface UnpackOptions {
  readonly store: Store
  /** The threads that unpack. The pool limits how many layers of all pulls are unpacked concurrently. */
  readonly pool: UnpackPool
  /** Form of the whiteouts in the trees. */
  readonly form: WhiteoutForm
  /** Receives the entries of each layer while they are unpacked. */
  readonly entries?: LayerEntries | undefined
}

/**
 * Returns the stage that unpacks each layer in a thread of the pool.
 * @throws DIFF_ID_MISMATCH when no pull expects the unpacked content; LAYER_INVALID, LIMIT_EXCEEDED; the failure of
 * the download; errors of the store; the error of the sink of `entries`
 */
export function unpack(options: UnpackOptions): Stage<ArrivingLayer, UnpackedLayer> {
  return compose(
    through((layer: ArrivingLayer) => firstBytes(layer).pipe(map(() => layer)), { name: 'first-bytes' }),
    pullStage((layer: ArrivingLayer, turn) => unpackLayer(layer, turn, options), { name: 'unpack' }),
  )
}

/** Emits when the first bytes have arrived, so that no thread waits for them. */
function firstBytes({ arriving }: ArrivingLayer): Observable<unknown> {
  if (!arriving) return of(undefined)
  return arriving.file.states.pipe(
    first(({ length, phase }) => length > 0 || phase !== 'growing', undefined), // undefined if the file was closed
  )
}

async function unpackLayer(
  layer: ArrivingLayer,
  turn: PullTurn,
  options: UnpackOptions,
): Promise<UnpackedLayer> {
  const computed = new Set<DigestAlgorithm>()
  // The diffID in the config determines the digest algorithm. While the config is not known, the usual sha256 is
  // assumed.
  for (let algorithm: DigestAlgorithm | undefined; ;) {
    const current: DigestAlgorithm = algorithm ?? layer.algorithm?.() ?? 'sha256'
    let staged: StagedLayer | undefined
    try {
      const control = new InterruptibleControl(layer.control)
      const done = await pausable(control, turn.signal, (signal) =>
        unpackStaged(layer, turn, { signal, control, algorithm: current }, options),
      )
      staged = done.staged
      computed.add(current)
      await untilAborted(layer.confirm(done.unpacked.diffID), turn.signal)
      options.entries?.complete(layer)
      return { ...layer, form: options.form, ...done }
    } catch (error) {
      await staged?.discard()
      if (error instanceof DownloadRestarted) continue
      if (error instanceof OtherAlgorithm && !computed.has(error.algorithm)) {
        algorithm = error.algorithm
        continue
      }
      // Exit code 5: the bytes are invalid. They must not be resumed.
      if (error instanceof WindlassError && error.exitCode === 5) await layer.arriving?.partial.discard()
      throw addLayerDigest(error, layer)
    }
  }
}

/** One attempt to unpack a layer. */
interface UnpackAttempt {
  readonly algorithm: DigestAlgorithm
  /** Aborted when the turn is aborted, or the layer is paused or interrupted. */
  readonly signal: AbortSignal
  readonly control: InterruptibleControl
}

/** Unpacks a layer into a new staged tree. Discards the tree if that fails. */
async function unpackStaged(
  layer: ArrivingLayer,
  turn: PullTurn,
  attempt: UnpackAttempt,
  options: UnpackOptions,
): Promise<Pick<UnpackedLayer, 'staged' | 'unpacked'>> {
  const staged = await options.store.layers.stage()
  turn.scope.defer(() => staged.discard(), `the staged tree of ${layer.descriptor.digest}`)
  try {
    return { staged, unpacked: await unpackOnce(layer, turn, { ...attempt, staged }, options) }
  } catch (error) {
    await staged.discard()
    throw error
  }
}

async function unpackOnce(
  layer: ArrivingLayer,
  turn: PullTurn,
  { staged, algorithm, signal, control }: UnpackAttempt & { readonly staged: StagedLayer },
  { store, pool, form, entries }: UnpackOptions,
): Promise<UnpackResult> {
  const { arriving, descriptor, path } = layer
  const { digest, size } = descriptor
  const generation = arriving?.file.state.generation
  /**
   * Waits until the unpacked bytes are verified. Throws if the download has restarted since the unpacking began.
   */
  const waitVerified = async (): Promise<void> => {
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
      // A download is hashed as it arrives. A blob in the store may have become corrupt and is verified while it is
      // read.
      ...(arriving ? { growth: growthOf(arriving.file) } : { expected: { digest, size } }),
    },
    {
      ...{ signal, group: layer.group, size },
      priority: () => control.priority,
      // An attempt whose entries somebody has seen is not repeated.
      onWanted: entries ? undefined : () => control.interrupt(),
      // Complete layers go first: other layers would make a thread wait for the network.
      isReady: () => arriving?.file.state.phase !== 'growing',
      onProgress: (current) => {
        turn.emit({ type: 'layer', digest, status: 'extracting', current, total: size })
      },
      onWarning: (code, message) => turn.emit({ type: 'warning', code, message, digest }),
      onEntry: entries?.begin(layer, turn.scope),
    },
  )
  try {
    const unpacked = await unpacking
    await waitVerified()
    return unpacked
  } catch (error) {
    // The bytes may be wrong. Then the error of the verification is thrown instead.
    if (isContentError(error)) await waitVerified()
    throw error
  }
}

/** Emits the growth of a file in the form that the threads expect. Fails when the download fails or restarts. */
function growthOf(file: GrowingFile) {
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

/** Adds the digest of the layer to an error: the threads do not know which layer they unpack. */
function addLayerDigest(error: unknown, { descriptor: { digest } }: ArrivingLayer): unknown {
  if (!(error instanceof WindlassError) || error.message.includes(digest)) return error
  const { code, message, hint, retryable, subject } = error
  const details = hint === undefined ? {} : { hint }
  return new WindlassError(code, `Layer ${digest}: ${message}`, {
    ...subject,
    digest,
    retryable,
    cause: error,
    ...details,
  })
}

/** Returns whether an error may be caused by wrong bytes: exit code 5. */
const isContentError = (error: unknown): boolean =>
  error instanceof WindlassError && error.exitCode === 5 && !(error instanceof DownloadRestarted)

/** The download has restarted, so the layer has to be unpacked again from its start. */
class DownloadRestarted extends WindlassError {
  constructor(what: string) {
    super('INTERNAL', `The download of ${what} was restarted`)
  }
}
