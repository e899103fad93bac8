/**
 * Shows the progress of a pull: `reduce` computes the state from the events, and the state is printed every 100 ms.
 *
 *     npx tsx examples/progress.ts [IMAGE]
 */
import { auditTime, lastValueFrom, scan, tap } from 'rxjs'
import { emptySnapshot, open, reduce, secondsLeft } from 'windlass'
import { exampleImage } from './an-image.js'

const { name, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })
const pull = windlass.pull(name)

const frames = pull.events.pipe(
  scan((state, event) => reduce(state, event), emptySnapshot),
  auditTime(100),
  tap((state) => {
    const states = state.layers.map(({ status, current, total }) => `${status} ${current}/${total}`)
    const { fraction = 0 } = state.totals ?? {}
    const left = secondsLeft(state, Date.now())?.toFixed(1) ?? '?'
    console.log(`${Math.floor(fraction * 100)} %, ${left} s left: ${states.join(' | ')}`)
  }),
)
const [last] = await Promise.all([lastValueFrom(frames), pull.done])
console.log(`ended: ${last.phase}`)
await windlass.close()
await close()
