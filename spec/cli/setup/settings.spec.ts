import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Settings, openOptions } from '../../../cli/setup/settings.js'
import { certificate } from '../../support/certificate.js'
import { TestTerminal } from '../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

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

describe('files and passwords of the command line', () => {
  const directory = temporaryDirectory()
  const fileWith = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }

  it('has certificates, also behind a link, and refuses a file without one', async () => {
    const file = fileWith('ca.pem', certificate)
    symlinkSync(file, join(directory, 'link.pem'))
    for (const ca of [file, join(directory, 'link.pem')])
      expect((await openOptions({ ca }, terminal())).ca).toBe(certificate)
    const none = fileWith('none.pem', 'no certificate')
    await expect(openOptions({ ca: none }, terminal())).rejects.toThrow('contains no certificate')
    await expect(openOptions({ ca: join(directory, 'missing') }, terminal())).rejects.toThrow('(--ca)')
  })

  it('refuses an empty name of the file with the logins', async () => {
    await expect(openOptions({ authfile: '' }, terminal())).rejects.toMatchObject({
      ...{
        code: 'USAGE',
        message: expect.stringMatching(/^The option --authfile must be .*, not ""$/) as string,
      },
    })
  })

  it('reads the password from stdin rather than from the variable, and stops at an interrupt', async () => {
    const piped = new TestTerminal({ env: { WINDLASS_PASSWORD: 'wrong' }, stdin: 'sesame\n' })
    const { credentials } = await openOptions({ ...login, passwordStdin: true }, piped, ['quay.io/a'])
    expect(credentials).toEqual({ 'quay.io': { username: 'me', password: 'sesame' } })
    const controller = new AbortController()
    const silent = new TestTerminal()
    Object.defineProperty(silent, 'stdin', { value: new Readable({ read: () => undefined }) })
    const reading = openOptions({ ...login, passwordStdin: true }, silent, ['quay.io/a'], controller.signal)
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  it('refuses relative files when the working directory is gone', async () => {
    const cwd = vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw new Error('gone')
    })
    onTestFinished(() => {
      cwd.mockRestore()
    })
    for (const flags of [{ registriesConf: 'r' }, { hostsDir: 'h' }, { authfile: 'a' }, { ca: 'c' }])
      await expect(openOptions(flags, terminal())).rejects.toThrow('gone')
    expect(await openOptions({ registriesConf: '/r' }, terminal())).toMatchObject({ registriesConf: '/r' })
  })
})
