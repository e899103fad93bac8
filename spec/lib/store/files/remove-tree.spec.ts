import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { removeTree } from '../../../../lib/store/files/remove-tree.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('removeTree', () => {
  const stores = new TemporaryStores()

  it('removes trees that are deep, without permissions or with names that are not UTF-8, and follows no links', async () => {
    const root = stores.fresh()
    const outside = stores.fresh()
    mkdirSync(outside)
    writeFileSync(join(outside, 'precious'), '')
    mkdirSync(join(root, ...Array.from({ length: 1200 }, () => 'd')), { recursive: true })
    for (let at = 0; at < 50; at++) writeFileSync(join(root, `file-${at}`), '')
    const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a, 0xfe])])
    mkdirSync(odd)
    writeFileSync(Buffer.concat([odd, Buffer.from([0x2f, 0xc3])]), '')
    symlinkSync(outside, join(root, 'link'))
    mkdirSync(join(root, 'closed'))
    mkdirSync(join(root, 'closed', 'below'), { mode: 0 })
    await removeTree(root)
    expect(existsSync(root)).toBe(false)
    expect(existsSync(join(outside, 'precious'))).toBe(true)
  })

  it('removes a file and a link itself, and succeeds if there is nothing', async () => {
    const [file, link] = [stores.fresh(), stores.fresh()]
    writeFileSync(file, '')
    symlinkSync(file, link)
    await removeTree(link)
    expect(existsSync(file)).toBe(true)
    await removeTree(file)
    await removeTree(file)
    await removeTree(join(file, 'below'))
    expect(existsSync(file)).toBe(false)
  })
})
