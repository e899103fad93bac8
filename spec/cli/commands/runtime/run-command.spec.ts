/** A command that runs while an image is mounted. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../../../../cli/commands/runtime/run-command.js'

const sh = (script: string, signal?: AbortSignal): Promise<number> =>
  runCommand(['/bin/sh', '-c', script, 'sh', 'an argument'], signal)

describe('a command', () => {
  it('is run with its arguments, and gives its exit code', async () => {
    expect(await sh('[ "$1" = "an argument" ] && exit 7')).toBe(7)
    expect(await sh('exit 0')).toBe(0)
  })

  it('that a signal ends gives 128 and the number of the signal', async () => {
    expect(await sh('kill -KILL $$')).toBe(128 + 9)
  })

  it('receives SIGTERM when it is cancelled, and may end as it wants', async () => {
    const controller = new AbortController()
    // The shell runs the trap when the process it waits for has ended.
    const code = sh('trap "exit 5" TERM; while :; do sleep 0.01; done', controller.signal)
    const repeat = setInterval(() => {
      controller.abort()
    }, 50)
    onTestFinished(() => {
      clearInterval(repeat)
    })
    expect(await code).toBe(5)
  })

  it('that ended does not listen to the signal any longer', async () => {
    const { signal } = new AbortController()
    const listeners: string[] = []
    const watched = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: (type: string) => listeners.push(`+${type}`),
      removeEventListener: (type: string) => listeners.push(`-${type}`),
    })
    await sh('exit 0', watched)
    expect(listeners).toEqual(['+abort', '-abort'])
  })

  it('that cannot be started is an error of usage, which says how to get “unshare”', async () => {
    await expect(runCommand(['/nonexistent/program'])).rejects.toMatchObject({
      ...{ code: 'USAGE', hint: undefined },
      message: expect.stringMatching(/^Running \/nonexistent\/program failed: /) as string,
    })
    const { PATH } = process.env
    process.env['PATH'] = '/nonexistent'
    onTestFinished(() => {
      process.env['PATH'] = PATH
    })
    await expect(runCommand(['unshare'])).rejects.toMatchObject({
      hint: expect.stringContaining('Install util-linux') as string,
    })
  })
})
