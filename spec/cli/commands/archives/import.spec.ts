/** Tests the output and errors of `windlass import`. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import {
  archiveOf,
  craneEntries,
  dockerSaveEntries,
  layoutEntries,
} from '../../../support/archive/image-archive.js'
import { windlass } from '../../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const image = tinyImage()

describe('windlass import', () => {
  const directory = temporaryDirectory()
  let count = 0
  const imported = async (argv: readonly string[], stdin: Buffer | string = '', store = String(count++)) => {
    const flags = ['-q', '--platform', 'linux/amd64', '--store', join(directory, store)]
    return { ...(await windlass(['import', ...flags, ...argv], { stdin })), store: join(directory, store) }
  }

  it('reads a file or stdin, compressed or not, and prints the names', async () => {
    const bytes = await archiveOf(dockerSaveEntries(image, ['app:1', 'example.com/app:2']))
    const file = join(directory, 'app.tar')
    writeFileSync(file, bytes)
    for (const [argv, stdin] of [
      [[file], ''],
      [[], bytes],
      [['-'], gzipSync(bytes)],
    ] as const)
      expect(await imported(argv, stdin)).toMatchObject({
        code: 0,
        out: 'app:1\nexample.com/app:2\n',
        err: '',
      })
  })

  it('prints the digest of an image without a name, and JSON', async () => {
    const bytes = await archiveOf(layoutEntries([[image]]))
    const { out, store } = await imported([], bytes)
    expect(out).toBe(`${image.manifest.digest}\n`)
    const json = await imported(['--json'], await archiveOf(craneEntries(image, ['app:1'])))
    expect(JSON.parse(json.out)).toMatchObject({
      names: ['docker.io/library/app:1'],
      imageId: image.config.digest,
    })
    expect((await windlass(['images', '--store', store])).out).toContain(image.manifest.digest.slice(0, 19))
  })

  it.each([
    ['is no archive', () => Promise.resolve(Buffer.alloc(2_000, 'x')), 'the checksum of a header is wrong'],
    ['has no images', () => archiveOf([['a', 'b']]), 'it has neither a manifest.json nor an index.json'],
    [
      'lacks a blob',
      async () => archiveOf(layoutEntries([[image, 'app:1']]).slice(0, -1)),
      'it lacks the blob',
    ],
    [
      'has a blob of another digest',
      async () => archiveOf([...layoutEntries([[image, 'app:1']]), [`blobs/sha256/${'0'.repeat(64)}`, 'x']]),
      'has the digest sha256:',
    ],
    [
      'is truncated',
      async () => (await archiveOf(craneEntries(image, ['app:1']))).subarray(0, 1_200),
      'it is truncated',
    ],
  ])('adds nothing of an archive that %s', async (_, make, says) => {
    const { code, out, err, store } = await imported([], await make())
    expect([code > 0, out]).toEqual([true, ''])
    expect(err).toContain(says)
    expect(readdirSync(join(store, 'staging'))).toEqual([])
    expect(JSON.parse(readFileSync(join(store, 'index.json'), 'utf8'))).toMatchObject({ manifests: [] })
  })

  it('says which file it cannot open', async () => {
    const file = join(directory, 'none.tar')
    expect(await imported([file])).toMatchObject({
      code: 2,
      err: `windlass: Failed to open the archive ${file}: it does not exist\n  Check the path of the archive.\n`,
    })
  })
})
