import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createStaging, stagingPrefix } from '../../../../lib/sinks/archives/staging.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const home = temporaryDirectory()
const openBelow = (directory: string): string[] => openPaths().filter((each) => each.startsWith(directory))

describe('the temporary directory of an archive', () => {
  it('is beside the archive, whose parents are made, and is removed', async () => {
    const file = join(home, 'new', 'parents', 'app.tar')
    const staging = await createStaging(file)
    expect(staging.target).toBe(file)
    expect(dirname(staging.directory)).toBe(dirname(file))
    writeFileSync(join(staging.directory, 'blob'), 'half')
    await staging.remove()
    expect([...readdirSync(dirname(file)), ...openBelow(home)]).toEqual([])
  })

  it('is beside what the path is a link to', async () => {
    mkdirSync(join(home, 'real'))
    writeFileSync(join(home, 'real', 'app.tar'), '')
    symlinkSync('real/app.tar', join(home, 'link.tar'))
    const staging = await createStaging(join(home, 'link.tar'))
    expect(staging.target).toBe(join(home, 'real', 'app.tar'))
    expect(dirname(staging.directory)).toBe(join(home, 'real'))
    await staging.remove()
  })

  it('is not removed by another copy while it is used, but afterwards, and nothing else is', async () => {
    const parent = join(home, 'shared')
    mkdirSync(join(parent, `${stagingPrefix}killed`), { recursive: true })
    mkdirSync(join(parent, '.another'))
    writeFileSync(join(parent, `${stagingPrefix}notes`), 'a file')
    const first = await createStaging(join(parent, 'one.tar'))
    const second = await createStaging(join(parent, 'two.tar'))
    expect(existsSync(first.directory)).toBe(true)
    expect(existsSync(join(parent, `${stagingPrefix}killed`))).toBe(false)
    expect(openBelow(parent).toSorted()).toEqual([first.directory, second.directory].toSorted())
    await first.remove()
    await second.remove()
    expect(readdirSync(parent).toSorted()).toEqual(['.another', `${stagingPrefix}notes`])
    expect(openBelow(parent)).toEqual([])
  })

  it('is not created if the signal is aborted', async () => {
    const parent = join(home, 'cancelled')
    const staging = createStaging(join(parent, 'app.tar'), AbortSignal.abort())
    await expect(staging).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(readdirSync(parent)).toEqual([])
  })
})
