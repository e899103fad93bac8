/** Takes a download and lets it grow, a byte every 50 ms, until it is killed. With a second digest, that one grows in its stead. */
import { appendFileSync } from 'node:fs'
import { parseDigest } from '../../../../lib/image/index.js'
import { Store } from '../../../../lib/store/index.js'

const [directory, digest, other = digest] = process.argv.slice(2) as [string, string, string?]
const store = await Store.open(directory)
const held = await store.partials.acquire(parseDigest(digest))
const grows = other === digest ? held : await store.partials.acquire(parseDigest(other))
process.stdout.write('held\n')
setInterval(() => appendFileSync(grows.path, 'x'), 50)
