/**
 * Mounts an image, reads a file of it, and removes the mount. Root mounts the layers with overlayfs; for an ordinary user,
 * the tree is made of files that it shares with the store.
 *
 *     npx tsx examples/mount.ts [IMAGE] [PATH]      (no image: one from an embedded registry)
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { open } from 'windlass'
import { exampleImage } from './an-image.js'

const { name, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })

const mounted = await windlass.mount(name, `${store}-mounted`)
process.stdout.write(await readFile(path.join(mounted.directory, process.argv[3] ?? '/app/7.txt')))
console.log(`${mounted.method}, ${mounted.state}`)
await mounted.unmount()

console.log(`${(await windlass.mounts()).length} mounts left`)
await windlass.close()
await close()
