/** Commits images to a store, one after another, until it is killed. */
import { Store } from '../../../../lib/store/index.js'
import { commitLayer, putNamed } from '../images-in-a-store.js'

const [directory, prefix] = process.argv.slice(2) as [string, string]
const store = await Store.open(directory)
for (let at = 0; ; at++) {
  const name = `${prefix}-${at}`
  await commitLayer(store, name)
  await commitLayer(store, name, { form: 'aufs' })
  const partial = await store.partials.acquire(
    (await putNamed(store, `${name}:latest`, `manifest of ${name}`)).digest,
  )
  await partial.record({ expectedSize: 1 })
  await partial.release()
  if (at === 0) process.stdout.write('looping\n')
}
