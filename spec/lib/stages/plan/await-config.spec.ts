import { describe, expect, it } from 'vitest'
import { awaitConfig } from '../../../../lib/stages/index.js'
import { runStage } from '../../../support/run-stage.js'

describe('an image whose config is awaited', () => {
  const run = (kind: string, value: Promise<unknown>) =>
    runStage(awaitConfig(), { document: { kind }, config: { value } } as never)

  it('passes once its config has arrived', async () => {
    let settle = (): void => undefined
    let passed = false
    const running = run('image', new Promise<void>((resolve) => (settle = resolve)))
    void running.finally(() => (passed = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(passed).toBe(false)
    settle()
    expect((await running).outputs).toHaveLength(1)
  })

  it('fails with its config', async () => {
    await expect(run('image', Promise.reject(new Error('no config')))).rejects.toThrow('no config')
  })

  it('passes at once if it is of schema 1, whose config is made later', async () => {
    expect((await run('schema1', new Promise(() => undefined))).outputs).toHaveLength(1)
  })
})
