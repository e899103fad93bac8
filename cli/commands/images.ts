/** `windlass images`: lists the entries of the store. */
import { type Command, Option } from 'commander'
import { printable, maxImageNameLength } from '../../lib/codec/printable.js'
import { parseReference, type Reference } from '../../lib/image/index.js'
import type { ImageSummary } from '../../pipelines/index.js'
import { formatAge, formatBytes } from '../../lib/quantities.js'
import { compileTemplate } from '../format/evaluate.js'
import type { ValueMap } from '../format/show.js'
import { fit, fitEnd } from '../render/fit.js'
import { table } from '../render/table.js'
import { rejectOnAbort } from '../terminal/interrupt.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface ImagesFlags extends Settings {
  readonly json?: boolean
  readonly format?: string
}

const examples = `
Examples:
  windlass images
  windlass images --json | jq -r '.[].name'
  windlass images --format '{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}'

SIZE is what the image takes in the store, compressed and unpacked, SHARED the
part that other images need as well, AGE the time since the image was made, and
USED the time since it was last pulled, unpacked, mounted, read or served.

An image of another tool is listed with its name in that tool, and an image
without a name as <none>, with the start of its digest, which every command
takes instead of a name. rm, tag, lease and history take an ID as well. On a
terminal, names are short, as for Docker, and cut at the start if the table is
too wide.`

/** Defines the options and the action of `windlass images`. */
export function defineImages(command: Command, terminal: Console): void {
  addStoreFlags(command)
  addJsonFlag(command, 'print one JSON array')
  command.addOption(
    new Option('--format <template>', 'print the result of a template for each image').conflicts('json'),
  )
  command.addHelpText('after', examples).action(() => images(command.opts<ImagesFlags>(), terminal))
}

function images({ json, format, ...flags }: ImagesFlags, terminal: Console): Promise<void> {
  const template = format === undefined ? undefined : compileTemplate(format)
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const found = await rejectOnAbort(windlass.images(), signal)
    const { output } = terminal
    if (json) {
      await output.json(found)
      return
    }
    const now = Date.now()
    const sorted = [...found].sort((a, b) => ((a.name ?? '<none>') < (b.name ?? '<none>') ? -1 : 1))
    if (template) {
      for (const each of sorted) if (!(await output.line(template.apply(templateData(each, now))))) return
      return
    }
    const { columns } = output
    const flexible = [
      { at: platformsColumn, least: 15, cut: fit },
      { at: 0, least: 16, cut: fitEnd },
    ]
    await output.write(
      table(
        head,
        sorted.map((each) => row(each, now, columns !== undefined)),
        { columns, flexible },
      ),
    )
  })
}

const head = ['NAME', 'ID', 'SIZE', 'SHARED', 'PLATFORMS', 'AGE', 'USED']
const platformsColumn = head.indexOf('PLATFORMS')

/** Each row contains an argument that `windlass rm` accepts: the name or the ID. */
const row = (image: ImageSummary, now: number, short: boolean): string[] => [
  displayName(image, short),
  shortId(image),
  image.problem ? image.problem.kind : sizeOrUnknown(image.storedSize),
  sizeOrUnknown(image.sharedSize),
  printable(image.platform ?? '-'),
  ageOf(image, now),
  lastUse(image, now),
]

const sizeOrUnknown = (bytes: number | undefined): string => (bytes === undefined ? '-' : formatBytes(bytes))

/** Returns the name of an image for a table. `short`: as people type it, without the defaults of Docker. */
export function displayName({ name }: Pick<ImageSummary, 'name'>, short: boolean): string {
  if (name === undefined) return '<none>'
  const shown = (short ? parseIfReference(name)?.familiar() : undefined) ?? name
  return shown === '' ? '""' : printable(shown, maxImageNameLength)
}

/**
 * Returns the first digits of the image ID; of an index, those of its digest. For an entry without a name, returns a word that every
 * command accepts: the start of its digest, or its key if it has no digest.
 */
export const shortId = ({ name, imageId, digest, entry }: ImageSummary): string => {
  if (digest === undefined) return entry
  const [, start, hex] =
    /^([\w+.-]+:(.{12}))/.exec((name === undefined ? undefined : imageId) ?? digest) ?? []
  return printable((name === undefined ? start : hex) ?? digest, 40)
}

const ageOf = ({ created }: ImageSummary, now: number): string =>
  created === undefined || Date.parse(created) <= 0 ? '-' : formatAge(now - Date.parse(created))

/** Returns the time since an image was used last. */
export const lastUse = ({ lastUsedAt }: Pick<ImageSummary, 'lastUsedAt'>, now: number): string =>
  lastUsedAt === undefined ? '-' : formatAge(now - lastUsedAt)

/** Returns the fields of an image for a template: those of `docker images`, and some more. */
function templateData(image: ImageSummary, now: number): ValueMap {
  const reference = parseIfReference(image.name ?? '')
  return {
    Name: image.name ?? '<none>',
    Repository: reference ? parseReference(reference.name).familiar() : (image.name ?? '<none>'),
    Tag: reference?.tag ?? '<none>',
    ID: shortId(image),
    ImageID: image.imageId ?? '',
    Digest: image.digest ?? '<none>',
    Size: formatBytes(image.storedSize ?? 0),
    SharedSize: formatBytes(image.sharedSize ?? 0),
    Platform: image.platform ?? '',
    CreatedAt: image.created ?? '',
    Age: ageOf(image, now),
    LastUsedAt: image.lastUsedAt === undefined ? '' : new Date(image.lastUsedAt).toISOString(),
    Problem: image.problem?.why ?? '',
  }
}

/** Returns a name as a reference, if it is one in its normalised form. */
function parseIfReference(name: string): Reference | undefined {
  try {
    const reference = parseReference(name)
    return reference.toString() === name ? reference : undefined
  } catch {
    return undefined
  }
}
