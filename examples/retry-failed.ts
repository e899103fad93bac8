/**
 * Pulls a list of images, goes on after failures, and then tries again what failed for a reason that may pass.
 *
 *     npx tsx examples/retry-failed.ts IMAGE...
 */
import { WindlassError, open } from 'windlass'
import { Flow, run, stage } from 'windlass/flow'
import { anImage } from './an-image.js'

const { name, alias, store, close } = await anImage(process.argv[2])
const names = process.argv.length > 3 ? process.argv.slice(2) : [name, alias, `${name}-missing`]
const windlass = await open({ store })

type Outcome = { readonly name: string; readonly error?: unknown }

/** Pulls each name, three at a time. A failure is a result, so the others go on. */
const attempt = stage(
  async (image: string, { signal }): Promise<Outcome> => {
    try {
      await windlass.pull(image, { signal }).done
      return { name: image }
    } catch (error) {
      signal.throwIfAborted()
      return { name: image, error }
    }
  },
  { name: 'attempt', slots: 3 },
)

async function pullAll(images: readonly string[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  await run(Flow.from(images).pipe(attempt), (outcome) => void outcomes.push(outcome)).done
  return outcomes
}

const failed = (await pullAll(names)).filter(({ error }) => error !== undefined)
for (const { name: image, error } of failed) console.log(`failed: ${image}: ${(error as Error).message}`)
const worthIt = failed.filter(({ error }) => error instanceof WindlassError && error.retryable)
const second = await pullAll(worthIt.map(({ name: image }) => image))
console.log(`${names.length - failed.length} pulled, ${failed.length} failed, ${second.length} tried again`)
await windlass.close()
await close()
