/** `windlass du`: says what takes the space of the store. */
import type { Command } from 'commander'
import { formatBytes } from '../../../lib/quantities.js'
import type { ImageSummary, StoreUsage, UsageOfKind } from '../../../pipelines/index.js'
import { fitEnd } from '../../render/fit.js'
import { table } from '../../render/table.js'
import { withWindlass } from '../../setup/session.js'
import { addJsonFlag, addStoreFlags, type Settings } from '../../setup/settings.js'
import { rejectOnAbort } from '../../terminal/interrupt.js'
import type { Console } from '../../terminal/terminal.js'
import { displayName, lastUse, shortId } from '../images.js'

interface UsageFlags extends Settings {
  readonly images?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass du
  windlass du --images                 also each image, the largest first
  windlass du --json | jq .reclaimable

RECLAIMABLE is what “windlass gc” without options would free. The size of an
unpacked layer is that of its files as a tar archive: what it takes on the disk
depends on the file system. Of an image, SHARED is the part that other images
need as well, and UNIQUE is freed when the image is removed.`

/** Defines the options and the action of `windlass du`. */
export function defineUsage(command: Command, terminal: Console): void {
  command.option('-v, --images', 'also list the images with their sizes')
  addStoreFlags(command)
  addJsonFlag(command, 'print one JSON object; sizes are in bytes')
  command.addHelpText('after', examples).action(() => usage(command.opts<UsageFlags>(), terminal))
}

function usage({ images: withImages, json, ...flags }: UsageFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const { output } = terminal
    const measured = await rejectOnAbort(windlass.usage({ signal }), signal)
    const images = withImages ? await rejectOnAbort(windlass.images(), signal) : undefined
    if (json) {
      await output.json({ ...measured, ...(images && { images: images.map(imageFields) }) })
      return
    }
    await output.write(table(['KIND', 'COUNT', 'SIZE', 'RECLAIMABLE'], rowsOf(measured)))
    if (!images) return
    const largestFirst = [...images].sort((a, b) => (b.storedSize ?? 0) - (a.storedSize ?? 0))
    const now = Date.now()
    const { columns } = output
    await output.line('')
    await output.write(
      table(
        ['NAME', 'ID', 'SIZE', 'SHARED', 'UNIQUE', 'USED'],
        largestFirst.map((image) => imageRow(image, now, columns !== undefined)),
        { columns, flexible: [{ at: 0, least: 16, cut: fitEnd }] },
      ),
    )
  })
}

function rowsOf({
  blobs,
  layers,
  partials,
  staging,
  mounts,
  total,
  reclaimable,
}: StoreUsage): readonly (readonly string[])[] {
  return [
    kindRow('blobs', blobs),
    kindRow('unpacked layers', layers),
    kindRow('interrupted downloads', partials),
    ['being written', '', formatBytes(staging), ''],
    ['mounts', '', formatBytes(mounts), ''],
    ['total', '', formatBytes(total), sizeOrUnknown(reclaimable)],
  ]
}

const kindRow = (name: string, { count, bytes, reclaimable }: UsageOfKind): readonly string[] => [
  name,
  String(count),
  formatBytes(bytes),
  sizeOrUnknown(reclaimable),
]

/** What is reclaimable is unknown in a store with damage. */
const sizeOrUnknown = (bytes: number | undefined): string => (bytes === undefined ? '-' : formatBytes(bytes))

const imageRow = (image: ImageSummary, now: number, short: boolean): readonly string[] => {
  const { storedSize, sharedSize } = image
  const unique = storedSize === undefined || sharedSize === undefined ? undefined : storedSize - sharedSize
  return [
    displayName(image, short),
    shortId(image),
    ...[storedSize, sharedSize, unique].map(sizeOrUnknown),
    lastUse(image, now),
  ]
}

const imageFields = ({
  name,
  digest,
  imageId,
  storedSize,
  sharedSize,
  lastUsedAt,
  entry,
}: ImageSummary): Partial<ImageSummary> => ({
  ...{ name, digest, imageId, storedSize, sharedSize, lastUsedAt, entry },
})
