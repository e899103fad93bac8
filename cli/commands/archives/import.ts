/** `windlass import`: adds the images of an archive to the store. */
import { open } from 'node:fs/promises'
import { type Readable, addAbortSignal } from 'node:stream'
import type { Command } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { WindlassError } from '../../../lib/errors.js'
import { parseReference } from '../../../lib/image/index.js'
import type { LoadedImage } from '../../../puller/index.js'
import type { ShownPull } from '../../render/progress-view.js'
import { progressView } from '../../render/progress.js'
import { platformSetting } from '../../setup/flags.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { type ProgressFlags, addProgressFlags, progressKind } from '../../setup/progress-flags.js'
import { withWindlass } from '../../setup/session.js'
import { type Settings, addJsonFlag, addStoreFlags } from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'

interface ImportFlags extends Settings, ProgressFlags {
  readonly platform?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass import images.tar
  docker save alpine:3.20 | windlass import
  ssh host podman save alpine:3.20 | windlass import -

Reads archives of “docker save”, “podman save”, “ctr images export”, skopeo,
kaniko, crane and “windlass export”, also compressed with gzip or zstd. Every
image is verified and unpacked as after a pull. If the archive is damaged,
nothing is added. Of an index, the image for one platform is added. Prints the
names, or the digest of an image without a name.

To add one image of an archive, pull it: windlass pull docker-archive:FILE:REF.`

/** Defines the arguments, options and action of `windlass import`. */
export function defineImport(command: Command, terminal: Console): void {
  command
    .argument('[file]', 'an archive of images (default: stdin; - is stdin too)')
    .addOption(platformSetting())
  addJsonFlag(command, 'print each image as one line of JSON')
  for (const add of [addProgressFlags, addStoreFlags, addLimitFlag]) add(command)
  command
    .addHelpText('after', examples)
    .action((file: string | undefined) => importImages(file, command.opts<ImportFlags>(), terminal))
}

function importImages(file: string | undefined, flags: ImportFlags, terminal: Console): Promise<void> {
  const { platform } = flags
  return withWindlass(flags, terminal, [], async ({ content }, signal) => {
    const source = await openArchive(file, terminal, signal)
    const kind = progressKind(flags)
    const view = progressView(kind, terminal)
    const shown: Promise<void>[] = []
    try {
      const images = await content.load(source, {
        ...{ signal, ...(platform !== undefined && { platform }) },
        onPull: ({ events }, name) => {
          const each: ShownPull = view.add(events, name)
          shown.push(each.settle())
        },
      })
      await Promise.all(shown)
      for (const image of images) await printImage(image, flags, terminal)
    } catch (error) {
      // The events of the pull have reported the failure.
      if (shown.length > 0 && (kind === 'json' || kind === 'docker')) terminal.messages.markReported(error)
      throw error
    } finally {
      source.destroy()
      view.close()
    }
  })
}

/** @throws USAGE if stdin is a terminal, or the file cannot be opened */
async function openArchive(
  file: string | undefined,
  { stdin }: Console,
  signal: AbortSignal,
): Promise<Readable> {
  if (file !== undefined && file !== '-') return openFile(file, signal)
  if (stdin.isTTY)
    throw new WindlassError('USAGE', 'Cannot read an archive from a terminal', {
      hint: 'Name a file, or pipe an archive in: docker save IMAGE | windlass import.',
    })
  return addAbortSignal(signal, stdin)
}

/** Opens a file, which may also be a pipe. */
async function openFile(file: string, signal: AbortSignal): Promise<Readable> {
  try {
    const handle = await open(file)
    return handle.createReadStream({ signal, highWaterMark: 1024 * 1024 })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.replace(/, open '.*$/s, '') : String(cause)
    const why = message.startsWith('ENOENT') ? 'it does not exist' : message
    throw new WindlassError('USAGE', `Failed to open the archive ${printable(file)}: ${why}`, {
      ...{ path: file, cause },
      hint: 'Check the path of the archive.',
    })
  }
}

async function printImage(
  { names, manifest, imageId }: LoadedImage,
  { json }: ImportFlags,
  { output }: Console,
): Promise<void> {
  if (json) await output.json({ names, digest: manifest, imageId })
  else if (names.length === 0) await output.line(manifest)
  else for (const name of names) await output.line(printable(parseReference(name).familiar(), 2_000))
}
