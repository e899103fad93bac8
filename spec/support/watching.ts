/** What specs of downloads look at: the events of a pull, layers large enough to break off, images with foreign layers. */
import { randomBytes } from 'node:crypto'
import type { LayerEvent, PullEvent } from '../../lib/events/index.js'
import { type BuiltImage, buildImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import type { Pull } from '../../puller/index.js'

export const wanted = { platform: 'linux/amd64' }

/** Every event of the pull, in a list that grows. */
export function eventsOf(pull: Pick<Pull, 'events'>): PullEvent[] {
  const events: PullEvent[] = []
  pull.events.subscribe((event) => events.push(event))
  return events
}

export const layerEvents = (events: readonly PullEvent[], digest?: string): LayerEvent[] =>
  events.filter(
    (event): event is PullEvent & LayerEvent =>
      event.type === 'layer' && (digest === undefined || event.digest === digest),
  )

export const warnings = (events: readonly PullEvent[]) =>
  events.filter((event): event is PullEvent & { type: 'warning' } => event.type === 'warning')

/** What became of a layer, each status once in a row. */
export const statuses = (events: readonly PullEvent[], digest?: string): string[] =>
  layerEvents(events, digest)
    .map(({ status }) => status)
    .filter((status, at, all) => status !== all[at - 1])

/** Layers of so many bytes that no compression makes fewer. */
export const largeImage = (...sizes: readonly number[]): BuiltImage =>
  buildImage({
    layers: sizes.map((size, at) => ({ entries: [{ path: `data${at}`, content: randomBytes(size) }] })),
  })

/** The requests for one blob, or for all blobs but the config's. */
export const blobRequests = ({ requests }: TestRegistry, ...digests: readonly string[]) =>
  requests.filter(({ kind, reference }) => kind === 'blob' && digests.includes(reference))

export const rangesOf = (registry: TestRegistry, digest: string): (string | undefined)[] =>
  blobRequests(registry, digest).map(({ headers }) => headers['range'])

/** Waits until `state` holds. */
export async function until(state: () => boolean, what = 'it', timeout = 10_000): Promise<void> {
  const limit = performance.now() + timeout
  while (!state()) {
    if (performance.now() > limit) throw new Error(`Waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
