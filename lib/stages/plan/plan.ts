/** Provides `plan`, which determines which layers of an image are in the store and which must be fetched. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Descriptor, type Digest, checkLayerTypes } from '../../image/index.js'
import type { StoreContents } from '../../store/index.js'
import type { ConfigDocument, PlannedImage, PullableDocument, Resolved } from '../elements.js'
import type { PlannedLayer } from '../../transfer/elements.js'
import { Deferred } from '../../flow/flows/deferred.js'
import { type LayerGoal, needsBlob } from '../../transfer/sharing/layer-goal.js'
import { listedManifest } from '../../transfer/stored/listed-manifest.js'

/** Settings of `plan`. */
export interface PlanOptions {
  readonly store: StoreContents
  readonly goal: LayerGoal
}

/**
 * Returns the stage that decides for each layer of an image whether it is in the store, resumed or downloaded, and
 * emits a `plan` event. A layer that occurs more than once is fetched once.
 * @throws UNSUPPORTED when a layer has a type that is not supported; errors of the store
 */
export function plan({ store, goal }: PlanOptions): Stage<Resolved<PullableDocument>, PlannedImage> {
  return pullStage(
    async (resolved: Resolved<PullableDocument>, turn): Promise<PlannedImage> => {
      const all = layersOf(resolved.document)
      checkLayerTypes(all, { reference: resolved.request.name })
      const layers = await Promise.all(groupByDigest(all).map((each) => planLayer(each, { store, goal })))
      const byPosition = new Map(layers.flatMap((layer) => layer.positions.map((at) => [at, layer] as const)))
      turn.emit({
        type: 'plan',
        layers: all.map(({ digest, size }, at) => {
          const { action = 'download', offset = 0 } = byPosition.get(at) ?? {}
          return { digest, size, action, offset }
        }),
        bytes: {
          total: sum(layers.map(({ descriptor }) => descriptor.size)),
          toDownload: sum(layers.map(({ descriptor, offset }) => descriptor.size - offset)),
        },
        ...(!goal.unpack && { unpack: false }),
      })
      const upToDate =
        !goal.refresh && layers.every(({ action }) => action === 'exists') && (await isNamed(resolved, store))
      return { ...resolved, layers, config: deferredConfig(resolved.document), upToDate }
    },
    { name: 'plan', order: 'source' },
  )
}

/** Returns a pending config. The error for awaiting it too early names the stage that provides it. */
const deferredConfig = ({ kind }: PullableDocument): Deferred<ConfigDocument> =>
  new Deferred({
    name: 'the config of the image',
    hint:
      kind === 'schema1'
        ? 'A schema 1 image has none before its layers are in the store: `convertSchema1` makes it.'
        : 'Await it in a stage after `fetchConfig`, for example in `onImage`.',
  })

/** Returns whether the name already refers to this image and its manifest and config are in the store. */
async function isNamed(
  { request, document, parentIndexes }: Resolved<PullableDocument>,
  store: StoreContents,
): Promise<boolean> {
  const named = await store.names.get(request.name, request.typed)
  const root = parentIndexes[0] ?? document
  const image = document.kind === 'schema1' ? document.previousConversion?.document : document
  if (!image) return false
  const listed = listedManifest(image)
  return (
    (named?.rootDigest ?? named?.descriptor.digest) === root.descriptor.digest &&
    // After a pull of all platforms, the name refers to the index.
    [listed, ...parentIndexes].some(({ descriptor }) => descriptor.digest === named?.descriptor.digest) &&
    (await store.blobs.has(image.descriptor.digest)) &&
    (await store.blobs.has(image.manifest.config.digest)) &&
    !(await store.names.isCorrupt(named?.name ?? request.name)) // a corrupt name is written again
  )
}

const layersOf = (document: PullableDocument): readonly Descriptor[] =>
  document.kind === 'schema1' ? document.layers : document.manifest.layers

async function planLayer(
  { descriptor, positions }: Pick<PlannedLayer, 'descriptor' | 'positions'>,
  { store, goal }: PlanOptions,
): Promise<PlannedLayer> {
  const { digest, size } = descriptor
  if (goal.refresh) return { descriptor, positions, action: 'download', offset: 0 }
  const blob = await store.blobs.has(digest, size)
  const layer = goal.unpack ? await store.layers.findByBlob(digest, goal.form) : undefined
  const present = goal.unpack ? layer !== undefined && (blob || !needsBlob(layer, digest, goal)) : blob
  if (present)
    return {
      ...{ descriptor, positions, action: 'exists', offset: size },
      found: { stored: layer, hasBlob: blob },
    }
  const offset = blob ? size : await store.partials.length(digest)
  return { descriptor, positions, action: offset > 0 ? 'resume' : 'download', offset: Math.min(offset, size) }
}

function groupByDigest(layers: readonly Descriptor[]): Pick<PlannedLayer, 'descriptor' | 'positions'>[] {
  const byDigest = new Map<Digest, { descriptor: Descriptor; positions: number[] }>()
  layers.forEach((descriptor, at) => {
    const known = byDigest.get(descriptor.digest)
    if (known) known.positions.push(at)
    else byDigest.set(descriptor.digest, { descriptor, positions: [at] })
  })
  return [...byDigest.values()]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
