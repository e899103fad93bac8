import { describe, expect, it } from 'vitest'
import { openOptions } from '../../../cli/setup/settings.js'
import { TestTerminal } from '../../support/cli/test-terminal.js'

const terminal = () => new TestTerminal({ env: { WINDLASS_PASSWORD: 'sesame' } })
const login = { username: 'me' }

describe('a login on the command line', () => {
  it('is used only for the registry of the named images', async () => {
    const { credentials } = await openOptions(login, terminal(), ['quay.io/a', 'quay.io/b:1'])
    expect(credentials).toEqual({ 'quay.io': { username: 'me', password: 'sesame' } })
  })

  it.each([[['quay.io/a', 'alpine']], [['oci:/dir']], [[]]])(
    'goes to none where %j are named',
    async (names) => {
      await expect(openOptions(login, terminal(), names)).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(
          /^The option --username (?:requires an image of a registry|is for one registry, but the images are in several: quay\.io, docker\.io)$/,
        ) as string,
      })
    },
  )
})
