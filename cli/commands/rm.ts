/** `windlass rm`: takes names away from images. */
import type { Command } from 'commander'
import { asWindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/image/printable.js'
import type { Windlass } from '../../pipelines/index.js'
import { Told } from '../failure.js'
import { orAborted } from '../interrupt.js'
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
  windlass rm sha256:1f3a                            an image without a name, by the start of its digest

Prints each name that was taken away. Layers and manifests stay until “windlass gc”.`

export function defineRemove(command: Command, terminal: Console): void {
  command.argument('<image...>', 'as “windlass images” lists them, as they were pulled, or by digest')
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
      const code = await removeOne(name, windlass, signal, flags, terminal)
      failed ??= code
    }
    if (failed !== undefined) throw new Told(failed)
  })
}

/** The exit code of a failure, told already; undefined where the name is gone. */
async function removeOne(
  typed: string,
  windlass: Windlass,
  signal: AbortSignal,
  { json }: RemoveFlags,
  terminal: Console,
): Promise<number | undefined> {
  try {
    const removed = await orAborted(windlass.remove(typed), signal)
    if (json) await terminal.output.json(removed)
    else await terminal.output.line(removed.name === '' ? '""' : printable(removed.name, 2_000))
    return undefined
  } catch (error) {
    if (json) await terminal.output.json({ name: typed, error: asWindlassError(error).toJSON() })
    return terminal.messages.error(error)
  }
}
