/**
 * Copies a list of images into a registry, three at a time. An image that fails does not stop the others.
 *
 *     npx tsx examples/mirror-list.ts [REGISTRY/PREFIX IMAGE...]      (no names: two embedded registries)
 */
import { open, parseReference } from 'windlass'
import { Flow, run, stage } from 'windlass/flow'
import { twoRepositories } from './an-image.js'

const [prefix, ...list] = process.argv.slice(2)
const { from, to, close } = await twoRepositories(prefix && 'unused', prefix)
const names = prefix === undefined ? ['1', '2', 'missing'].map((tag) => `${from}:${tag}`) : list
const windlass = await open()

/** Copies each image to the same repository and tag below the prefix. A failure is a result, so others continue. */
const mirror = stage(
  async (name: string, { signal }): Promise<string> => {
    const { repository, tag = 'latest' } = parseReference(name)
    const target = prefix === undefined ? `${to}:${tag}` : `${prefix}/${repository}:${tag}`
    try {
      const { digest, blobs } = await windlass.copy(name, target, { allPlatforms: true, signal }).done
      return `${target}@${digest}: ${blobs.copied} blobs sent, ${blobs.exists + blobs.mounted} there`
    } catch (error) {
      signal.throwIfAborted()
      process.exitCode = 1
      return `failed: ${name}: ${(error as Error).message}`
    }
  },
  { name: 'mirror', slots: 3 },
)

await run(Flow.from(names).pipe(mirror), (line) => console.log(line)).done
if (prefix === undefined) process.exitCode = 0 // the embedded registry has no image "missing"
await windlass.close()
await close()
