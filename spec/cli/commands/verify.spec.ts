/** Tests the output and the exit codes of `windlass verify`. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../../lib/image/index.js'
import { tinyImage } from '../../../lib/testing/index.js'
import { storeWithImages } from '../../support/cli/store-with-images.js'
import { windlass } from '../../support/cli/test-terminal.js'

const image = tinyImage()
const name = 'registry.invalid/team/app:1'
const [layer] = image.layers

describe('windlass verify', async () => {
  const store = await storeWithImages({ [name]: image })
  const run = (...args: string[]) => windlass(['verify', ...args, '--store', store, '--retries', '1'])
  const path = join(store, 'blobs', 'sha256', hexOf(layer!.digest))

  it('counts what it has verified, and what has no name', async () => {
    writeFileSync(join(store, 'blobs', 'sha256', 'letter.txt'), '')
    const { code, out } = await run()
    expect(code).toBe(0)
    expect(out).toMatch(/^Verified 1 image: 3 blobs \(\d+ B\), 0 unpacked layers, 0 problems\n/)
    expect(out).toContain(`  1 path not of the store: ${store}/blobs/sha256/letter.txt\n`)
    rmSync(join(store, 'blobs', 'sha256', 'letter.txt'))
    expect((await run()).out.split('\n')).toHaveLength(2)
  })

  it('ends with 7 if something is damaged, names the images, and says how to repair it', async () => {
    writeFileSync(path, 'damaged')
    const { code, out, err } = await run()
    expect(code).toBe(7)
    expect(out).toContain(`damaged  layer ${layer!.digest}: `)
    expect(out).toContain(`          ${path}, needed by ${name}\n`)
    expect(out).toContain(', 1 problem\n')
    expect(err).toContain(`The store at ${store} has 1 damaged or missing object`)
    expect(err).toContain('Fetch them again with “windlass verify --repair”.')
  })

  it('says why something could not be repaired', async () => {
    const { code, out, err } = await run('--repair')
    expect(code).toBe(7)
    expect(out).toMatch(/^ {10}not repaired: .*registry\.invalid/m)
    expect(err).toContain('The list above has the reason for each.')
  })

  it('prints one JSON object, also if something is damaged', async () => {
    const { code, out } = await run('--json')
    expect(code).toBe(7)
    expect(JSON.parse(out)).toMatchObject({
      ...{ images: 1, problems: [{ kind: 'layer', digest: layer!.digest, repaired: false, images: [name] }] },
    })
  })
})
