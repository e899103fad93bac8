/** `windlass cat`: writes a file of an image to stdout, without pulling the image. */
import type { Command } from 'commander'
import { platformSetting } from '../setup/flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { addNetworkFlags, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface CatFlags extends Settings {
  readonly platform?: string
  readonly verify?: boolean
}

const examples = `
Examples:
  windlass cat alpine:3.20 /etc/os-release
  windlass cat --verify --platform linux/arm64 nginx /usr/sbin/nginx > nginx

Links are followed inside the image. The file is written byte for byte, also to
a terminal. An image in the store is read from the store. Otherwise layers are
read from the top down until the file is found. Of a layer with a table of
contents (eStargz, zstd:chunked), only the table and the file are read, and both
are verified. Any other layer is read up to the end of the file, without
verification. With --verify, it is read completely; the exit code is 5 if its
digest is wrong.`

/** Defines the arguments, options and action of `windlass cat`. */
export function defineCat(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'as Docker names images, oci:DIR[:NAME|:@N], or as “windlass images” lists it')
    .argument('<path>', 'a file of the image')
    .option('--verify', 'verify the file, also if that takes whole layers')
    .addOption(platformSetting())
  addNetworkFlags(addStoreFlags(addLimitFlag(command)))
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
    // Waits until the chunk is flushed, so that at most one chunk is in memory.
    for await (const chunk of stream as AsyncIterable<Buffer>)
      if (!(await terminal.output.write(chunk))) return
  })
}
