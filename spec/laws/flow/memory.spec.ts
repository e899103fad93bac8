import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { take, timer } from 'rxjs'
import { expect, it } from 'vitest'
import { Flow, Scope, branch, expand, stage } from '../../../lib/flow/index.js'

// Collects what is garbage, so that what is left was kept. The flag is set here because only this spec needs it.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('an endless source with a slow reader keeps heap and read-ahead flat', async () => {
  const size = 64 * 1024
  let read = 0
  let taken = 0
  let most = 0
  function* endless(): Generator<Buffer> {
    for (;;) {
      read++
      yield Buffer.alloc(size, read)
    }
  }
  const copy = stage((each: Buffer) => Promise.resolve(Buffer.from(each)), { slots: 3 })
  const line = Flow.from(endless()).pipe(
    copy,
    branch((each: Buffer) => (each[0]! % 2 === 0 ? 'even' : 'odd'), { even: copy, odd: copy }),
    expand((each: Buffer) => Flow.of(each.subarray(0, size / 2), each.subarray(size / 2)), { slots: 2 }),
    stage(() => timer(0), { slots: 2, name: 'reader' }),
  )
  const bound = 3 + (3 + 1) * 2 + 1 + 2 + 2
  const scope = new Scope()
  const used = (): number => {
    collect()
    collect() // buffers are given back in the background; the second call waits for that of the first
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  let before = 0
  let after = 0
  await new Promise<void>((resolve, reject) => {
    line
      .toObservable(scope)
      .pipe(take(1500))
      .subscribe({
        next: () => {
          taken++
          most = Math.max(most, read - taken / 2)
          if (taken === 200) before = used()
          if (taken === 1500) after = used()
        },
        complete: resolve,
        error: reject,
      })
  })
  await scope.close()
  expect(most).toBeLessThanOrEqual(bound)
  // 650 elements of 64 KiB were read since: 41 MiB each way, were they kept.
  expect(after - before).toBeLessThan(20 * 2 ** 20)
})
