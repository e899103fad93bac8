import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeEvent } from '../../../lib/events/index.js'
import { windlass } from '../../support/cli/test-terminal.js'

let work: string
/** Temporary directory of the demos in this file only. */
let temporary: string
const { TMPDIR } = process.env
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'windlass-demo-spec-'))
  temporary = path.join(work, 'tmp')
  await mkdir(temporary)
  process.env['TMPDIR'] = temporary
})
afterAll(async () => {
  if (TMPDIR === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = TMPDIR
  await rm(work, { recursive: true })
})

describe('windlass demo', () => {
  it('shows a pull, one re-authentication and the tree, and leaves no files', async () => {
    const { code, out, err } = await windlass(['demo'])
    expect(code).toBe(0)
    expect(err.match(/Pull complete/g)).toHaveLength(4)
    expect(out).toMatch(/401 {2}(config|layer \d) \w+ +refused: the token has expired/)
    expect(out.match(/a new token, shared by all requests/g)).toHaveLength(1)
    for (const line of [
      'bin -> usr/bin',
      '    hi  34 B, the same file as usr/bin/hello',
      '    tool  34 B',
      '  motd  24 B',
    ])
      expect(out).toContain(`${line}\n`)
    expect(out).not.toMatch(/^ +(draft|old) /m)
    expect(out).toMatch(/Pulled again: [12] requests?, \d+ ms: all layers were in the store/)
    expect(await readdir(temporary)).toEqual([])
  })

  it('uses the given store, and prints JSON with --json', async () => {
    const store = path.join(work, 'store')
    const { code, out, err } = await windlass(['demo', '--json', '--progress', 'json', '--store', store])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      image: { status: 'newer', layers: [{}, {}, {}, {}] },
    })
    expect(err.trimEnd().split('\n').map(decodeEvent).at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
    expect(JSON.parse(await readFile(path.join(store, 'oci-layout'), 'utf8'))).toHaveProperty(
      'imageLayoutVersion',
    )
  })

  it('keeps everything with --keep', async () => {
    const { out } = await windlass(['demo', '--keep', '-q'])
    const kept = /^Kept: (.*)$/m.exec(out)?.[1] ?? ''
    expect((await readdir(kept)).sort()).toEqual(['rootfs', 'store'])
    await rm(kept, { recursive: true })
  })
})
