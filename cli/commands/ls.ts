/** `windlass ls`: lists the files of an image as a container sees them, without pulling the image. */
import type { Command } from 'commander'
import type { ImageFile } from '../../pipelines/index.js'
import { fileAsJson, longListing, displayName } from '../render/files.js'
import { platformSetting } from '../setup/flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface ListFlags extends Settings {
  readonly platform?: string
  readonly long?: boolean
  readonly recursive?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass ls alpine:3.20                list the root
  windlass ls -l alpine:3.20 /etc        with modes, owners, sizes, times (UTC)
  windlass ls -R --json debian:12 | jq -r 'select(.size > 1000000).path'

An image that the store has is read from the store. Otherwise every layer is
read and verified; of a layer with a table of contents (eStargz, zstd:chunked),
only the table.`

/** Defines the arguments, options and action of `windlass ls`. */
export function defineList(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'as Docker names images, oci:DIR[:NAME|:@N], or as “windlass images” lists it')
    .argument('[path]', 'a directory or a file of the image (/)')
    .option('-l, --long', 'show type and mode, owner, group, size and time')
    .option('-R, --recursive', 'also list subdirectories, with whole paths')
    .addOption(platformSetting())
  addJsonFlag(command, 'one object a line')
  addNetworkFlags(addStoreFlags(addLimitFlag(command)))
  command
    .addHelpText('after', examples)
    .action((image: string, path: string | undefined) =>
      list(image, path, command.opts<ListFlags>(), terminal),
    )
}

function list(name: string, path = '', flags: ListFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, long = false, recursive = false, json = false } = flags
    const { output, messages } = terminal
    const onWarning = (code: string, message: string): void => messages.warning(code, message)
    const options = { path, recursive, signal, onWarning, ...(platform !== undefined && { platform }) }
    const files: ImageFile[] = []
    for await (const file of windlass.files(name, options)) files.push(file)
    const nameOf = (file: ImageFile): string => displayName(file, { whole: recursive })
    if (long && !json) await output.write(longListing(files, nameOf))
    else
      for (const file of files)
        if (!(await (json ? output.json(fileAsJson(file)) : output.line(nameOf(file))))) return
  })
}
