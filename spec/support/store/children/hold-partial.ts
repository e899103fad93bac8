/** Takes a download, says so, and keeps it until it is killed. */
import { parseDigest } from '../../../../lib/image/index.js'
import { Store } from '../../../../lib/store/index.js'

const [directory, digest] = process.argv.slice(2) as [string, string]
const store = await Store.open(directory)
await store.partials.acquire(parseDigest(digest))
process.stdout.write(`${await store.stagingDirectory()}\n`)
setInterval(() => undefined, 1000)
