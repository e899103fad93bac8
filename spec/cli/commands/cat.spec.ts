/** Tests the output and errors of `windlass cat`. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { faults, type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { encodeLayer } from '../../../testbench/toc/encode.js'
import { imageOfLayers, putEncoded } from '../../../testbench/toc/encoded-layer.js'
import { windlass } from '../../support/cli/test-terminal.js'

/** Incompressible bytes of all values. */
const bytes = Buffer.concat(
  Array.from({ length: 3_000 }, (_, at) => createHash('sha512').update(String(at)).digest()),
)
const entries = [
  { path: 'bin/' },
  { path: 'bin/tool', content: bytes },
  { path: 'bin/link', type: 'symlink', linkTarget: '/bin/tool' },
  { path: 'empty', content: '' },
  { path: 'pipe', type: 'fifo' },
] as const

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', 'plain', buildImage({ layers: [{ entries }] }))
  putEncoded(registry, 'team/app', 'toc', imageOfLayers([encodeLayer(entries, { format: 'estargz' })]))
})
afterAll(() => registry.close())

const cat = (tag: string, ...argv: readonly string[]) =>
  windlass(['cat', '--platform', 'linux/amd64', `${registry.host}/team/app:${tag}`, ...argv])

describe.each(['plain', 'toc'])('windlass cat of an image (%s)', (tag) => {
  it('writes the file byte for byte, and nothing else', async () => {
    for (const path of ['/bin/tool', 'bin/tool', '/bin/link', '/bin/../bin/link']) {
      const seen = await cat(tag, path)
      expect({ code: seen.code, err: seen.err }).toEqual({ code: 0, err: '' })
      expect(seen.bytes.equals(bytes)).toBe(true)
    }
    expect(await cat(tag, '/empty')).toMatchObject({ code: 0, out: '', err: '' })
    expect((await cat(tag, '--verify', '/bin/tool')).bytes.equals(bytes)).toBe(true)
  })

  it('ends with 4 if the path is not a file, and names its type', async () => {
    expect(await cat(tag, '/bin')).toMatchObject({
      code: 4,
      out: '',
      err: 'windlass: "/bin" is a directory\n  List it with “windlass ls IMAGE PATH”.\n',
    })
    expect((await cat(tag, '/pipe')).err).toBe('windlass: "/pipe" is a fifo, which has no content\n')
    expect(await cat(tag, '/bin/toll')).toMatchObject({
      code: 4,
      out: '',
      err: 'windlass: The image has no "/bin/toll": "/bin" has no "toll"\n  "/bin" has "link", "tool".\n',
    })
  })

  it('ends with 2 without a path', async () => {
    expect(await cat(tag)).toMatchObject({ code: 2, out: '' })
  })
})

describe('windlass cat', () => {
  it('warns that a table of contents is not used, and writes the file', async () => {
    registry.addFault(faults.status(501, { status: 206, times: Infinity }))
    const small = await cat('toc', '/bin/tool')
    registry.clearFaults()
    expect(small.bytes.equals(bytes)).toBe(true)
    expect(small.code).toBe(0)
    expect(small.err).toMatch(
      /^windlass: warning: The table of contents of layer sha256:\S+ is not used, and the layer is read without it/,
    )
  })

  it('ends with 5 if the digest of the layer is wrong', async () => {
    registry.addFault(faults.wrongByte(5_000, { kind: 'blob', times: Infinity }))
    const { code } = await cat('plain', '--verify', '/bin/tool')
    registry.clearFaults()
    expect(code).toBe(5)
  })

  it.each([
    ['cannot be decompressed', -200],
    ['has no footer', -40],
  ])('ends with 5 if a corrupt table of contents %s, even if the file is right', async (_why, position) => {
    const layer = encodeLayer(
      [
        { path: 'a', content: 'a' },
        { path: 'large', content: bytes },
      ],
      { format: 'estargz' },
    )
    putEncoded(registry, 'team/app', 'corrupt', imageOfLayers([layer]))
    const corrupt = Buffer.from(layer.bytes)
    corrupt[corrupt.length + position]! ^= 1
    registry.addFault(
      faults.answer((answer) => {
        const at = answer.body.length === 0 ? -1 : layer.bytes.indexOf(answer.body)
        return at < 0 ? undefined : { ...answer, body: corrupt.subarray(at, at + answer.body.length) }
      }),
    )
    const { code, err } = await cat('corrupt', '/a')
    registry.clearFaults()
    expect(err).toContain('warning: The table of contents of layer')
    expect(code).toBe(5)
  })
})
