/** Tests the output of `windlass plan`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { storeWithImages } from '../../support/cli/store-with-images.js'
import { windlass } from '../../support/cli/test-terminal.js'

const image = tinyImage()

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1', image)
})
afterAll(() => registry.close())

const plan = (...args: readonly string[]) =>
  windlass(['plan', '--platform', 'linux/amd64', ...args, `${registry.host}/team/app:1`])

describe('windlass plan', () => {
  it('prints a summary and a line for each layer', async () => {
    const { code, out, err } = await plan()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toBe(`image     ${registry.host}/team/app:1 (linux/amd64)`)
    expect(lines[1]).toBe(`digest    ${image.manifest.digest}`)
    expect(lines[3]).toBe('status    new, or not complete in the store')
    expect(lines[4]).toMatch(/^download {2}\d+ B of \d+ B, in \d requests$/)
    expect(lines[5]).toMatch(/^disk {6}\d+ B, and the unpacked layers$/)
    expect(lines[7]).toMatch(/^LAYER +SIZE +ACTION$/)
    for (const [at, { digest }] of image.layers.entries())
      expect(lines[8 + at]).toMatch(new RegExp(`^${digest.slice(0, 19)} +\\d+ B +download$`))
  })

  it('takes the options of the store, of the network and of limits', async () => {
    const store = await storeWithImages({ [`${registry.host}/team/app:1`]: image })
    expect((await plan('--no-unpack', '--store', store)).out).toContain('status    the store has it')
    expect((await plan('--limit', 'manifestBytes=10')).code).toBe(5)
    expect((await plan('--plain-http')).code).toBe(0)
  })

  it('prints the plan as JSON, and with --no-unpack no unpacked layers', async () => {
    expect(JSON.parse((await plan('--json')).out)).toMatchObject({
      digest: image.manifest.digest,
      status: 'newer',
    })
    expect((await plan('--no-unpack')).out).not.toContain('unpacked')
  })

  it('ends with 4 for an image that does not exist', async () => {
    expect(await windlass(['plan', `${registry.host}/team/none:1`])).toMatchObject({ code: 4, out: '' })
  })
})
