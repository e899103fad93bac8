/** Takes the lock of a store, says so, and keeps it until it is killed. */
import { join } from 'node:path'
import { MetadataLock } from '../../../../lib/store/locks/metadata-lock.js'

const [directory] = process.argv.slice(2) as [string]
setInterval(() => undefined, 1_000)
await new MetadataLock(join(directory, 'lock')).hold(() => {
  process.stdout.write('held\n')
  return new Promise(() => undefined)
})
