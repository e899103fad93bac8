/** Tests the output and errors of `windlass export`. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../../../cli/program.js'
import { Output } from '../../../../cli/terminal/output.js'
import { ociArchiveSource } from '../../../../lib/sources/index.js'
import { buildImage, tinyImage } from '../../../../lib/testing/images/index.js'
import { archiveOf, craneEntries, layoutEntries } from '../../../support/archive/image-archive.js'
import { TestTerminal, windlass } from '../../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const one = tinyImage()
const two = buildImage({ layers: [{ entries: [{ path: 'two', content: 'two' }] }] })

describe('windlass export', () => {
  const directory = temporaryDirectory()
  const at = (name: string): string => join(directory, name)
  const platform = ['--platform', 'linux/amd64']
  const exported = (...argv: readonly string[]) => windlass(['export', '--store', at('store'), ...argv])

  beforeAll(async () => {
    writeFileSync(
      at('one.tar'),
      await archiveOf(craneEntries(one, ['example.com/one:1', 'example.com/one:2'])),
    )
    writeFileSync(at('two.tar'), await archiveOf(layoutEntries([[two, 'example.com/two:1']])))
    for (const file of ['two.tar', 'one.tar'])
      await windlass(['import', '-q', ...platform, '--store', at('store'), at(file)])
  })

  it('writes several images to stdout or to a file, with the same bytes and each blob once', async () => {
    const names = ['example.com/one:1', 'example.com/two:1', 'example.com/one:2']
    const { code, err, bytes } = await exported(...names)
    expect([code, err]).toEqual([0, ''])
    expect(await exported('-o', at('both.tar'), ...names)).toMatchObject({ code: 0, out: '', err: '' })
    expect(readFileSync(at('both.tar')).equals(bytes)).toBe(true)
    const source = ociArchiveSource(at('both.tar'))
    for await (const tags of source.tags()) expect(tags).toEqual(['1', '2', '1'])
    const blob = Buffer.from(`blobs/sha256/${one.config.digest.slice(7)}\0`)
    const first = bytes.indexOf(blob)
    expect([first > 0, bytes.indexOf(blob, first + 1)]).toEqual([true, -1])
  })

  it('says how to repair an image whose manifest the store has lost', async () => {
    const store = at('damaged')
    await windlass(['import', '-q', ...platform, '--store', store, at('two.tar')])
    rmSync(join(store, 'blobs', two.manifest.digest.replace(':', '/')))
    const { code, out, err } = await windlass(['export', '--store', store, 'example.com/two:1'])
    expect([code, out]).toEqual([7, ''])
    expect(err).toContain('The image "example.com/two:1" in the store is incomplete or damaged')
    expect(err).toContain('windlass verify --repair')
  })

  it('refuses a terminal, and leaves no file after an error', async () => {
    const terminal = new TestTerminal()
    const stdout = Object.assign(new PassThrough(), { isTTY: true })
    Object.defineProperty(terminal, 'output', { value: new Output(stdout) })
    expect(await run(['export', 'example.com/one:1'], terminal)).toBe(2)
    expect(terminal.err).toContain('Cannot write an archive to a terminal')
    const before = readdirSync(directory)
    for (const [name, says, code] of [
      ['example.com/none:1', 'The store has no image "example.com/none:1"', 4],
      ['sha256:0000', 'The store has no image "sha256:0000"', 4],
    ] as const) {
      const result = await exported('-o', at('none.tar'), name)
      expect([result.code, result.out]).toEqual([code, ''])
      expect(result.err).toContain(says)
    }
    const other = await exported('--platform', 'linux/s390x', 'example.com/one:1')
    expect([other.code, other.err]).toEqual([4, expect.stringContaining('for linux/s390x') as string])
    expect(readdirSync(directory)).toEqual(before)
  })
})
