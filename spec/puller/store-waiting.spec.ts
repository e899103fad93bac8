import { describe, expect, it } from 'vitest'
import { storeLockedCode } from '../../lib/store/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { StoreWaiting } from '../../puller/store-waiting.js'
import { largeImage, wanted } from '../support/watching.js'
import { Workbench } from '../support/workbench.js'

const bench = new Workbench()

/** Returns the warnings that Node emits while `work` runs. */
async function nodeWarnings(work: () => Promise<unknown>): Promise<readonly string[]> {
  const names: string[] = []
  const listener = ({ name }: Error): void => void names.push(name)
  process.on('warning', listener)
  try {
    await work()
    await new Promise((resolve) => setImmediate(resolve)) // warnings are emitted on the next tick
  } finally {
    process.off('warning', listener)
  }
  return names
}

describe('the waits of a puller for its store', () => {
  it('cause no warning of Node about leaked listeners, even if there are many', async () => {
    const { signal } = new StoreWaiting(undefined)
    const listen = (): Promise<void> => {
      for (let count = 0; count < 100; count++) signal.addEventListener('abort', () => count)
      return Promise.resolve()
    }
    expect(await nodeWarnings(listen)).toEqual([])
  })

  it('are warnings of the running pulls, and of the puller if no pull runs', async () => {
    const heard: string[] = []
    const waiting = new StoreWaiting((message) => heard.push(`puller: ${message}`))
    let end = (): void => undefined
    const done = new Promise<void>((resolve) => (end = resolve))
    waiting.add({ warn: ({ message }) => heard.push(`pull: ${message}`), done })
    waiting.onWarning('locked', storeLockedCode)
    waiting.onWarning('full', 'store')
    end()
    await done
    waiting.onWarning('locked again', storeLockedCode)
    expect(heard).toEqual(['pull: locked', 'puller: full', 'puller: locked again'])
  })

  it('are not those of a pull that has failed', async () => {
    const heard: string[] = []
    const waiting = new StoreWaiting((message) => heard.push(`puller: ${message}`))
    const done = Promise.reject(new Error('the pull has failed'))
    waiting.add({ warn: ({ message }) => heard.push(`pull: ${message}`), done })
    await done.catch(() => undefined)
    waiting.onWarning('locked', storeLockedCode)
    expect(heard).toEqual(['puller: locked'])
  })

  it('print nothing during a pull of many layers', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', largeImage(...Array.from({ length: 40 }, () => 2_000)))
    const windlass = await bench.puller({ maxDownloads: 40, maxUnpacks: 2 })
    const pull = (): Promise<unknown> => windlass.pull(`${registry.host}/team/app:1`, wanted).done
    expect(await nodeWarnings(pull)).toEqual([])
  })
})
