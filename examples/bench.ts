/**
 * Measures how many concurrent downloads and unpacks are fastest, and pulls with these limits.
 *
 *     npx tsx examples/bench.ts [IMAGE]
 */
import { open } from 'windlass'
import { bench, benchText } from 'windlass/bench'
import { exampleImage } from './an-image.js'

const { name, store, close } = await exampleImage(process.argv[2])
const report = await bench(name, { downloads: [1, 3], unpacks: [1], runs: 2, budget: 60_000, under: store })
const { rows, conclusion } = benchText(report)
for (const [downloads, unpacks, seconds] of rows) console.log(`${downloads} × ${unpacks}: ${seconds} s`)
for (const sentence of conclusion) console.log(sentence)

const { downloads: maxDownloads, unpacks: maxUnpacks } = report.recommended.setting
const windlass = await open({ store, maxDownloads, maxUnpacks })
console.log((await windlass.pull(name).done).digest)
await windlass.close()
await close()
