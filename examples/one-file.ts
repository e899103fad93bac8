/**
 * Reads one file of an image and lists the largest files, without a store. Only the necessary bytes are fetched.
 *
 *     npx tsx examples/one-file.ts [IMAGE] [PATH]      (no image: one from an embedded registry)
 */
import { type ImageFile, open } from 'windlass'
import { exampleImage } from './an-image.js'

const { name, store, requests, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })

const file = await windlass.file(name, process.argv[3] ?? '/app/7.txt')
console.log(`${file.path}, ${file.size} bytes, ${file.verified ? '' : 'not '}verified`)
for await (const chunk of file.stream) process.stdout.write(chunk as Buffer)
console.log(`requests: ${requests().filter((url) => url.includes('/blobs/')).length} for layers`)

const files: ImageFile[] = []
for await (const each of windlass.files(name)) files.push(each)
files.sort((a, b) => b.size - a.size)
for (const { path, size } of files.slice(0, 3)) console.log(`${size} ${path}`)
await windlass.close()
await close()
