/** The process can exit although a thread of its thread pool is blocked for ever. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const exit = new URL('../../../lib/system/exit.ts', import.meta.url).href

/** Runs a program in which a thread is blocked, because it opens a FIFO without a writer, and which then exits by the statement `how`. */
async function ended(how: string): Promise<{ code: number | null; out: string }> {
  const top = mkdtempSync(join(tmpdir(), 'windlass-exit-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
  const fifo = join(top, 'fifo')
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
  const program = `
    import { open } from 'node:fs/promises'
    import { exitAtOnce } from ${JSON.stringify(exit)}
    process.on('exit', (code) => process.stdout.write('listener heard ' + code))
    void open(${JSON.stringify(fifo)})
    setTimeout(() => ${how}, 50)`
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: root,
  })
  let out = ''
  child.stdout.on('data', (part: Buffer) => (out += part.toString()))
  child.stderr.on('data', (part: Buffer) => (out += part.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out }
}

describe('exitAtOnce', () => {
  it.each([0, 7, 130])('ends with %i, after the listeners of exit', async (code) => {
    expect(await ended(`exitAtOnce(${code})`)).toEqual({ code, out: `listener heard ${code}` })
  })

  it('ends even if a listener throws', async () => {
    const { code } = await ended(`{ process.on('exit', () => { throw new Error('late') }); exitAtOnce(7) }`)
    expect(code === 7 || code === null).toBe(true)
  })
})
