/**
 * Pulls a list of images, goes on after failures, and then tries again what failed for a reason that may pass.
 *
 *     npx tsx examples/retry-failed.ts IMAGE...
 */
import { isFailedName, open } from 'windlass'
import { anImage } from './an-image.js'

const { name, alias, store, close } = await anImage(process.argv[2])
const names = process.argv.length > 3 ? process.argv.slice(2) : [name, alias, `${name}-missing`]
const windlass = await open({ store })

const set = windlass.pullMany(names, { concurrency: 3 })
set.each.subscribe((started) => console.log(`started: ${started.name}`))
let report = await set.done

// The report is plain data: a program can also write it to a file, and read it again the next day.
for (let rounds = 0; report.retryable > 0 && rounds < 3; rounds++)
  report = await windlass.retryFailed(report, { concurrency: 3 }).done

for (const outcome of report.outcomes)
  if (isFailedName(outcome))
    console.log(`failed: ${outcome.name}: ${outcome.error.message}, after ${outcome.attempts} attempt(s)`)
console.log(`${report.pulled} pulled, ${report.failed} failed, ${report.bytes.downloaded} bytes downloaded`)
await windlass.close()
await close()
