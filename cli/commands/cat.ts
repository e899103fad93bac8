/** `windlass cat`: writes a file of an image to stdout, without pulling the image. */
import type { Command } from 'commander'
import { platformSetting } from '../setup/flags.js'
import { limitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { networkFlags, type Settings, storeFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface CatFlags extends Settings {
  readonly platform?: string
  readonly verify?: boolean
}

const examples = `
Examples:
  windlass cat alpine:3.20 /etc/os-release
  windlass cat --verify --platform linux/arm64 nginx /usr/sbin/nginx > nginx

Links are followed inside the image. The file is written byte for byte, also to a terminal. An image that the store has
is read from the store. Otherwise layers are read from the top down, and only as far as needed. Of a layer with a table
of contents (eStargz, zstd:chunked), these are the table and the file, and both are verified. Of other layers, everything
up to the end of the file is read, and is not verified: --verify reads the whole layer, and ends with exit code 5 if it
is not the layer of the image.`

/** Defines the arguments, options and action of `windlass cat`. */
export function defineCat(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'as Docker names images, oci:DIR[:NAME|:@N], or as “windlass images” lists it')
    .argument('<path>', 'a file of the image')
    .option('--verify', 'verify the file, also if that takes whole layers')
    .addOption(platformSetting())
  networkFlags(storeFlags(limitFlag(command)))
  command
    .addHelpText('after', examples)
    .action((image: string, path: string) => cat(image, path, command.opts<CatFlags>(), terminal))
}

function cat(name: string, path: string, flags: CatFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, verify = false } = flags
    const onWarning = (code: string, message: string): void => terminal.messages.warning(code, message)
    const options = { verify, signal, onWarning, ...(platform !== undefined && { platform }) }
    const { stream } = await windlass.file(name, path, options)
    // The next chunk is read when this one is flushed.
    for await (const chunk of stream as AsyncIterable<Buffer>)
      if (!(await terminal.output.write(chunk))) return
  })
}
