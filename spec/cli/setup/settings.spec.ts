import { describe, expect, it } from 'vitest'
import { type Settings, openOptions } from '../../../cli/setup/settings.js'
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

describe('the flags of the command line', () => {
  it.each<[Settings, object]>([
    [{ store: '/store' }, { store: '/store' }],
    [{ plainHttp: true }, { plainHttp: true }],
    [{ tlsSkipVerify: true }, { insecureTls: true }],
    [{ sources: 'fastest' }, { sources: 'fastest' }],
    [{ requireSchema1Signatures: true }, { requireSchema1Signatures: true }],
    [{ maxDownloads: 2 }, { maxDownloads: 2 }],
    [{ maxUnpacks: 3 }, { maxUnpacks: 3 }],
    [{ retries: 1 }, { retries: 1 }],
    [{ stallTimeout: 4_000 }, { stallTimeout: 4_000 }],
    [{ responseTimeout: 5_000 }, { responseTimeout: 5_000 }],
    [{ keepPartials: 0 }, { keepPartials: 0 }],
    [{ maxRate: 6 }, { bytesPerSecond: 6 }],
    [{ minimumRate: 7 }, { minimumRate: 7 }],
    [{ trustRealm: ['https://a'] }, { trustedRealms: ['https://a'] }],
    [{ foreignHost: ['b'] }, { foreignHosts: ['b'] }],
    [{ limit: { layerBytes: 8 } }, { limits: { layerBytes: 8 } }],
    [{ authfile: '/auth.json' }, { authFile: '/auth.json' }],
    [{ policy: '/policy.json' }, { policy: { file: '/policy.json' } }],
  ])('%j are the options %j of the library', async (flags, options) => {
    const plain = await openOptions({}, terminal(), [])
    expect(await openOptions(flags, terminal(), [])).toEqual({ ...plain, ...options })
  })
})
