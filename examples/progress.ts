/**
 * Shows progress from the events of a pull: the state is a reduction of the events, and frames sample it.
 *
 *     npx tsx examples/progress.ts [IMAGE]
 */
import { auditTime, lastValueFrom, scan, tap } from 'rxjs'
import { emptySnapshot, open, reduce } from 'windlass'
import { anImage } from './an-image.js'

const { name, store, close } = await anImage(process.argv[2])
const windlass = await open({ store })
const pull = windlass.pull(name)

const frames = pull.events.pipe(
  scan((state, event) => reduce(state, event), emptySnapshot),
  auditTime(100),
  tap(({ layers }) => {
    const states = layers.map(({ status, current, total }) => `${status} ${current}/${total}`)
    console.log(states.join(' | '))
  }),
)
const [last] = await Promise.all([lastValueFrom(frames), pull.done])
console.log(`ended: ${last.phase}`)
await windlass.close()
await close()
