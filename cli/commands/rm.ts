/** `windlass rm`: takes names away from images. */
import type { Command } from 'commander'
import { asWindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/image/printable.js'
import type { Windlass } from '../../pipelines/index.js'
import { Told } from '../failure.js'
import { withWindlass } from '../session.js'
import { jsonFlag, type Settings, storeFlags } from '../settings.js'
import type { Console } from '../terminal.js'

interface RemoveFlags extends Settings {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass rm alpine:3.20
  windlass rm debian:11 debian:12 && windlass gc     and the space that only they took

Prints each name that was taken away. Layers and manifests stay until “windlass gc”.`

export function defineRemove(command: Command, terminal: Console): void {
  command.argument('<image...>', 'as “windlass images” lists them, or as they were pulled')
  jsonFlag(command, 'print each result as one line of JSON')
  storeFlags(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) => removeAll(images, command.opts<RemoveFlags>(), terminal))
}

function removeAll(images: readonly string[], flags: RemoveFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    let failed: number | undefined
    for (const name of images) {
      signal.throwIfAborted()
      const code = await removeOne(name, windlass, flags, terminal)
      failed ??= code
    }
    if (failed !== undefined) throw new Told(failed)
  })
}

/** The exit code of a failure, told already; undefined where the name is gone. */
async function removeOne(
  typed: string,
  windlass: Windlass,
  { json }: RemoveFlags,
  terminal: Console,
): Promise<number | undefined> {
  try {
    const removed = await windlass.remove(typed)
    if (json) await terminal.output.json(removed)
    else await terminal.output.line(printable(removed.name, 2_000))
    return undefined
  } catch (error) {
    if (json) await terminal.output.json({ name: typed, error: asWindlassError(error).toJSON() })
    return terminal.messages.error(error)
  }
}
