/** `windlass export`: writes images of the store to one archive. */
import { type Command, Option } from 'commander'
import { WindlassError } from '../../../lib/errors.js'
import type { ExportOptions } from '../../../puller/index.js'
import { exportTable } from '../../../puller/options/export-options.js'
import { platformSetting } from '../../setup/flags.js'
import { withWindlass } from '../../setup/session.js'
import { type Settings, addStoreFlags } from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'

interface ExportFlags extends Settings {
  readonly output?: string
  readonly platform?: string
  readonly allPlatforms?: boolean
}

const examples = `
Examples:
  windlass export -o images.tar alpine:3.20 nginx
  windlass export alpine:3.20 | docker load
  windlass export alpine:3.20 | ssh host windlass import
  windlass export --all-platforms alpine:3.20 | ctr images import -

The archive is an OCI layout and an archive of “docker save” at once: “docker
load”, “podman load”, “ctr images import” and skopeo read it. Each blob is in it
once, as the registry served it, and the same images give the same bytes. The
images have the names that they have in the store.

Without --output, the archive is written to stdout, which must not be a
terminal. A file is complete or unchanged: an archive of images that exists is
replaced at the end, any other file is refused.`

/** Defines the arguments, options and action of `windlass export`. */
export function defineExport(command: Command, terminal: Console): void {
  command
    .argument('<image...>', 'a name that “windlass images” lists, the name as it was pulled, or a digest')
    .addOption(new Option('-o, --output <file>', 'write to this file (default: stdout)'))
    .addOption(platformSetting())
    .addOption(new Option('--all-platforms', exportTable.allPlatforms.help).conflicts('platform'))
  addStoreFlags(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) => exportImages(images, command.opts<ExportFlags>(), terminal))
}

function exportImages(names: readonly string[], flags: ExportFlags, terminal: Console): Promise<void> {
  const { output, platform, allPlatforms = false } = flags
  if (output === undefined && terminal.output.isTerminal)
    throw new WindlassError('USAGE', 'Cannot write an archive to a terminal', {
      hint: 'Name a file with --output, or pipe the archive to another command.',
    })
  return withWindlass(flags, terminal, [], async ({ content }, signal) => {
    const options: ExportOptions = { signal, allPlatforms, ...(platform !== undefined && { platform }) }
    if (output !== undefined) return content.exportFile(output, names, options)
    // Waits until the chunk is flushed, so that at most one chunk is in memory.
    for await (const chunk of (await content.export(names, options)) as AsyncIterable<Buffer>)
      if (!(await terminal.output.write(chunk))) return
  })
}
