/**
 * Pulls a list of images, continues after failures, and then retries the images whose failure may be temporary.
 *
 *     npx tsx examples/retry-failed.ts IMAGE...
 */
import { isFailedName, open } from 'windlass'
import { exampleImage } from './an-image.js'

const { name, alias, store, close } = await exampleImage(process.argv[2])
const names = process.argv.length > 3 ? process.argv.slice(2) : [name, alias, `${name}-missing`]
const windlass = await open({ store })

const set = windlass.pullMany(names, { concurrency: 3 })
set.each.subscribe((started) => console.log(`started: ${started.name}`))
let report = await set.done

// The report is plain data, so a program can also save it and retry later.
for (let rounds = 0; report.retryable > 0 && rounds < 3; rounds++)
  report = await windlass.retryFailed(report, { concurrency: 3 }).done

for (const outcome of report.outcomes)
  if (isFailedName(outcome))
    console.log(`failed: ${outcome.name}: ${outcome.error.message}, after ${outcome.attempts} attempt(s)`)
console.log(`${report.pulled} pulled, ${report.failed} failed, ${report.bytes.downloaded} bytes downloaded`)
await windlass.close()
await close()
