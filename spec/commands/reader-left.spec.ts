/** A command stops its work when the reader of its output has left: `windlass cat … | head`. */
import { Writable } from 'node:stream'
import { Command } from 'commander'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineExport } from '../../cli/commands/archives/export.js'
import { defineCat } from '../../cli/commands/cat.js'
import { defineImages } from '../../cli/commands/images.js'
import type { Define } from '../../cli/commands/index.js'
import { defineList } from '../../cli/commands/ls.js'
import { defineTags } from '../../cli/commands/tags.js'
import { Output } from '../../cli/terminal/output.js'
import { Windlass } from '../../puller/index.js'
import { StoredContent } from '../../puller/stored-content.js'
import { testConsole } from '../support/cli/set-by-hand.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Gives values without an end. Says how many were taken. */
function endless<T>(value: T) {
  let taken = 0
  async function* values(): AsyncGenerator<T> {
    for (;;) {
      taken++
      await Promise.resolve()
      yield value
      if (taken > 9) throw new Error('It reads on')
    }
  }
  return { values, taken: () => taken }
}

/** Runs a command whose reader leaves after so many writes. */
async function runFor(writes: number, define: Define, argv: readonly string[]): Promise<number> {
  let written = 0
  const stdout = new Writable({
    write(_chunk, _encoding, done) {
      const gone = ++written > writes
      done(gone ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null)
    },
  })
  const terminal = testConsole()
  Object.defineProperty(terminal, 'output', { value: new Output(stdout) })
  const command = new Command().exitOverride()
  define(command, terminal)
  await command.parseAsync([...argv], { from: 'user' })
  expect(terminal.err).toBe('')
  return written
}

describe('a command whose reader has left', () => {
  const at = ['--store', temporaryDirectory()]

  it('reads no more of a file', async () => {
    const { values, taken } = endless(Buffer.from('x'))
    vi.spyOn(Windlass.prototype, 'file').mockResolvedValue({ stream: values() } as never)
    await runFor(2, defineCat, ['a', '/p', ...at])
    expect(taken()).toBe(3)
  })

  it('reads no more of an archive', async () => {
    const { values, taken } = endless(Buffer.from('x'))
    vi.spyOn(StoredContent.prototype, 'export').mockResolvedValue(values() as never)
    await runFor(2, defineExport, ['a', ...at])
    expect(taken()).toBe(3)
  })

  it('asks for no more tags', async () => {
    const { values, taken } = endless('1')
    vi.spyOn(Windlass.prototype, 'tags').mockReturnValue(values())
    await runFor(2, defineTags, ['a'])
    expect(taken()).toBe(3)
  })

  it('formats no more files and images', async () => {
    const file = { path: 'a', type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0n }
    async function* files() {
      await Promise.resolve()
      yield* [file, file, file, file]
    }
    vi.spyOn(Windlass.prototype, 'files').mockReturnValue(files() as never)
    expect(await runFor(1, defineList, ['a', ...at])).toBe(2)
    const image = { name: 'example.com/a:1', entry: 'e' }
    vi.spyOn(Windlass.prototype, 'images').mockResolvedValue([image, image, image, image] as never)
    expect(await runFor(1, defineImages, ['--format', '{{.Name}}', ...at])).toBe(2)
  })
})
