/**
 * Shows progress from the events of a pull: the state is a reduction of the events, and frames sample it.
 *
 *     npx tsx examples/progress.ts [IMAGE]
 */
import { auditTime, lastValueFrom, scan, tap } from 'rxjs'
import { emptySnapshot, open, reduce, secondsLeft } from 'windlass'
import { anImage } from './an-image.js'

const { name, store, close } = await anImage(process.argv[2])
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
