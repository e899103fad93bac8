/** Collects everything that may be removed, again and again, until the file `stop` exists. Prints a line after each collection. */
import { existsSync } from 'node:fs'
import { open } from '../../../../puller/index.js'

const [directory, stop] = process.argv.slice(2) as [string, string]
while (!existsSync(stop)) {
  // A store of its own each time, as a command has: nothing is held by earlier collections.
  const windlass = await open({ store: directory })
  const { images, kept } = await windlass.collect({ keepStorage: 0, keepPartials: 0 })
  process.stdout.write(`${JSON.stringify({ images: images.flatMap(({ names }) => names), kept })}\n`)
  await windlass.close()
}
