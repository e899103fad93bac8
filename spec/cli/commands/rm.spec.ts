/** Tests the output and the exit codes of `windlass rm`. */
import { describe, expect, it } from 'vitest'
import { tinyImage } from '../../../lib/testing/index.js'
import { storeWithImages } from '../../support/cli/store-with-images.js'
import { windlass } from '../../support/cli/test-terminal.js'

const image = tinyImage()
const [one, two] = ['example.com/team/app:1', 'example.com/team/app:2']

describe('windlass rm', async () => {
  const store = await storeWithImages({ [one]: image, [two]: image, [`${one}0`]: image })
  const names = async (): Promise<string[]> =>
    (JSON.parse((await windlass(['images', '--json', '--store', store])).out) as { name: string }[])
      .map(({ name }) => name)
      .sort()

  it('prints each name that it removes, and ends with the code of the first that it cannot', async () => {
    const { code, out, err } = await windlass(['rm', one, 'none:1', two, '--store', store])
    expect({ code, out }).toEqual({ code: 4, out: `${one}\n${two}\n` })
    expect(err).toContain('The store has no image "none:1"\n  List the images with “windlass images”.\n')
    expect(await names()).toEqual([`${one}0`])
  })

  it('prints each result as one line of JSON, and which lease keeps the content', async () => {
    const lease = await windlass(['lease', 'add', `${one}0`, '--owner', 'ci', '--store', store])
    const { code, out, err } = await windlass(['rm', '--json', 'none:1', `${one}0`, '--store', store])
    expect(code).toBe(4)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      { name: 'none:1', error: { code: 'IMAGE_UNKNOWN' } },
      { name: `${one}0`, leases: [{ id: lease.out.trim(), owner: 'ci' }] },
    ])
    expect(err).toContain(`The content of ${one}0 stays in the store: `)
    expect(await names()).toEqual([])
  })
})
