/** Tests the output and the exit codes of `windlass lease`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tinyImage } from '../../../../lib/testing/index.js'
import { storeWithImages } from '../../../support/cli/store-with-images.js'
import { windlass } from '../../../support/cli/test-terminal.js'

const name = 'example.com/team/app:1'

describe('windlass lease', async () => {
  const store = await storeWithImages({ [name]: tinyImage() })
  const run = (...args: string[]) => windlass(['lease', ...args, '--store', store])
  interface Lease {
    readonly id: string
    readonly owner: string
    readonly createdAt: number
    readonly expiresAt?: number
  }
  const listed = async (): Promise<Lease[]> =>
    (JSON.parse((await run('ls', '--json')).out) as { leases: Lease[] }).leases

  it('prints the id of a new lease, which ends after a day, after the given time, or never', async () => {
    for (const flags of [[], ['--for', '90s'], ['--for', 'none']]) {
      const { code, out } = await run('add', name, '--owner', 'ci', ...flags)
      expect(code).toBe(0)
      expect(out).toMatch(/^[0-9a-f]{16}\n$/)
    }
    const ends = (await listed()).map(({ createdAt, expiresAt }) => expiresAt && expiresAt - createdAt)
    expect(ends).toEqual([86_400_000, 90_000, undefined])
    expect((await run('ls')).out).toMatch(/ID +OWNER +IMAGE +ENDS\n(.*\n){2}\w{16} +ci +example.* never\n$/)
  })

  it('prints a lease as JSON', async () => {
    const { out } = await run('add', name, '--owner', 'me', '--json')
    expect(JSON.parse(out)).toMatchObject({ owner: 'me', image: name })
  })

  it.each([['0s'], ['soon'], ['']])('refuses the duration %j', async (duration) => {
    expect(await run('add', name, '--owner', 'ci', `--for=${duration}`)).toMatchObject({ code: 2, out: '' })
  })

  it('removes leases, and ends with 4 if there is none with an id', async () => {
    const [first, second] = await listed()
    const { code, out, err } = await run('rm', first!.id, '0000000000000000', second!.id)
    expect({ code, out }).toEqual({ code: 4, out: `${first!.id}\n${second!.id}\n` })
    expect(err).toContain(
      'The store has no lease 0000000000000000\n  List the leases with “windlass lease ls”.',
    )
    expect((await listed()).map(({ id }) => id)).not.toContain(first!.id)
  })

  it('warns of a damaged lease', async () => {
    const [{ id }] = (await listed()) as [Lease]
    writeFileSync(join(store, 'leases', `${id}.json`), '{')
    const { code, err } = await run('ls')
    expect(code).toBe(0)
    expect(err).toContain(`The lease ${id} is damaged, so nothing is collected`)
  })
})
