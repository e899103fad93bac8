/** The lock and the file of a partial download. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Flow, type FlowEvent, Scope } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { reserve } from '../../../../lib/stages/layers/reserve.js'
import type { AcquireOptions, Store } from '../../../../lib/store/index.js'
import type { SharedLayerTask } from '../../../../lib/transfer/index.js'

const bytes = Buffer.from('a layer')
const digest = digestOf(bytes)
const task = { descriptor: { mediaType: 'x', digest, size: bytes.length }, offset: 0 } as SharedLayerTask

function scene(here: readonly boolean[], refresh = false) {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-reserve-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const done: string[] = []
  const answers = [...here]
  const partial = { path: join(directory, 'partial'), release: async () => void done.push('release') }
  const store = {
    blobs: { path: () => join(directory, 'blob'), has: async () => answers.shift() },
    partials: {
      acquire: async (_digest: string, { onHeld, signal, size }: AcquireOptions) => {
        expect([signal, size]).toEqual([expect.any(AbortSignal), bytes.length])
        done.push('acquire')
        onHeld?.({ digest, code: 'download-held', message: 'Waiting for another process' })
        return partial
      },
    },
  }
  const scope = new Scope()
  const events: FlowEvent[] = []
  scope.events.subscribe((event) => events.push(event))
  const reserving = reserve({ store: store as unknown as Store, refresh })
  return { done, scope, events, reserved: lastValueFrom(Flow.of(task).pipe(reserving).toObservable(scope)) }
}

describe('the file of a download', () => {
  it('is not opened if the blob is in the store', async () => {
    const { done, reserved, scope } = scene([true])
    expect((await reserved).arriving).toBeUndefined()
    await scope.close()
    expect(done).toEqual([])
  })

  it('is not used if another process has stored the blob while this one waited for the lock', async () => {
    const { done, reserved, scope } = scene([false, true])
    expect((await reserved).arriving).toBeUndefined()
    await scope.close()
    expect(done).toEqual(['acquire', 'release'])
  })

  it('is closed and unlocked at the end of the pull', async () => {
    const { done, reserved, scope } = scene([false, false])
    const { file } = (await reserved).arriving!
    expect(file.state.phase).toBe('growing')
    await scope.close()
    expect(done).toEqual(['acquire', 'release'])
    expect(file.state.phase).toBe('failed')
  })

  it('expects the bytes of the layer', async () => {
    const { reserved, scope } = scene([false, false])
    const { file } = (await reserved).arriving!
    await file.append([bytes])
    file.finish()
    file.verify()
    expect(file.state.phase).toBe('verified')
    await scope.close()
  })

  it('is opened in a pull that fetches everything again, whatever the store has', async () => {
    const { reserved, scope } = scene([true, true], true)
    expect((await reserved).arriving).toBeDefined()
    await scope.close()
  })

  it('is waited for with an event of the layer and a warning, if another process has it', async () => {
    const { reserved, events, scope } = scene([false, false])
    await reserved
    await scope.close()
    expect(events).toEqual([
      { type: 'layer', digest, status: 'waiting', current: 0, total: bytes.length },
      { type: 'warning', code: 'download-held', message: 'Waiting for another process', digest },
    ])
  })
})
