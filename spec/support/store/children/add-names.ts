/** Adds so many names to a store. */
import { Store } from '../../../../lib/store/index.js'
import { putNamed } from '../images-in-a-store.js'

const [directory, prefix, count] = process.argv.slice(2) as [string, string, string]
const store = await Store.open(directory)
for (let at = 0; at < Number(count); at++)
  await putNamed(store, `${prefix}/${at}:latest`, `manifest ${prefix} ${at}`)
await store.close()
