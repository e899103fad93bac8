import { execFileSync } from 'node:child_process'
import { chmod, link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  credentialsFile,
  requireCredentialsFile,
} from '../../../../lib/registry/credentials/credentials-file.js'

const auths = (password: string): string =>
  JSON.stringify({ auths: { a: { auth: Buffer.from(`u:${password}`).toString('base64') } } })
const asked = { registry: 'a', repository: 'team/app' }

describe('a credentials file', () => {
  let directory = ''
  const at = (name: string): string => join(directory, name)
  beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'windlass-'))))
  afterAll(() => rm(directory, { recursive: true }))

  it('is read at each lookup, and not before', async () => {
    const path = at('later.json')
    const credentials = credentialsFile(path)
    await writeFile(path, `\uFEFF${auths('one')}`)
    const one = await credentials.for(asked)
    await writeFile(path, auths('two'))
    const two = await credentials.for(asked)
    expect(one?.secrets()).toContain('one')
    expect(two?.secrets()).toContain('two')
  })

  it('may be a symbolic link', async () => {
    await writeFile(at('real.json'), auths('linked'))
    await symlink('real.json', at('link.json'))
    expect((await credentialsFile(at('link.json')).for(asked))?.secrets()).toContain('linked')
  })

  it('can be required to exist before it is read', async () => {
    await requireCredentialsFile(at('.'))
    await expect(requireCredentialsFile(at('none'))).rejects.toMatchObject({
      message: `Failed to read the credentials file "${at('none')}": the file does not exist`,
    })
  })

  it('that does not exist is an error, unless it is optional', async () => {
    await writeFile(at('file'), '')
    for (const path of [at('none'), at('file/none'), at('none/none')]) {
      await expect(credentialsFile(path).for(asked)).rejects.toMatchObject({
        ...{ code: 'USAGE', subject: { path }, message: expect.stringContaining(path) },
      })
      const optional = credentialsFile(path, { optional: true, namedBy: 'REGISTRY_AUTH_FILE' })
      expect(await optional.for(asked)).toBeUndefined()
      expect(await optional.why?.(asked)).toBe(`REGISTRY_AUTH_FILE names "${path}", which does not exist.`)
      expect(await credentialsFile(path, { optional: true }).why?.(asked)).toBeUndefined()
    }
  })

  const places: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    [
      'a FIFO',
      'is not a regular file',
      () => Promise.resolve(execFileSync('mkfifo', [at('FIFO')], { encoding: 'utf8' })),
    ],
    ['a device', 'is not a regular file', () => symlink('/dev/zero', at('device'))],
    ['a socket', 'is not a regular file', () => listen(at('socket'))],
    ['a huge file', 'is larger than 4 MiB', async () => truncated(at('file'), 4 * 2 ** 20 + 1)],
  ]

  it.each(places)('that is %s is rejected immediately, without reading it', async (what, why, make) => {
    await make()
    const path = at(what.split(' ').at(-1) ?? '')
    for (const options of [{}, { optional: true, skipUnreadable: true }])
      await expect(credentialsFile(path, options).for(asked)).rejects.toMatchObject({
        ...{ code: 'USAGE', message: `The credentials file "${path}" ${why}`, subject: { path } },
      })
  })

  it('that is a directory is an error, unless it is optional', async () => {
    const path = at('directory')
    await mkdir(path)
    await expect(credentialsFile(path).for(asked)).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `The credentials file "${path}" is a directory`, subject: { path } },
    })
    expect(await credentialsFile(path, { optional: true }).for(asked)).toBeUndefined()
  })

  it('that is /dev/null contains no credentials', async () => {
    expect(await credentialsFile('/dev/null').for(asked)).toBeUndefined()
  })

  it('of the maximum size is read', async () => {
    await writeFile(at('large'), auths('large').padEnd(4 * 2 ** 20))
    expect((await credentialsFile(at('large')).for(asked))?.secrets()).toContain('large')
  })

  it('without read permission is ignored with a warning if skipUnreadable is set', async () => {
    await writeFile(at('secret'), auths('x'), { mode: 0 })
    await mkdir(at('closed'), { mode: 0 })
    await asOrdinaryUser(directory, async () => {
      await expect(credentialsFile(at('secret')).for(asked)).rejects.toMatchObject({ code: 'USAGE' })
      const warnings: string[] = []
      const skipping = credentialsFile(at('secret'), { skipUnreadable: true })
      expect(await skipping.for(asked, { onWarning: (code) => warnings.push(code) })).toBeUndefined()
      expect(warnings).toEqual(['credentials-unreadable'])
      expect(await skipping.why?.(asked)).toBe(
        `This user may not read the credentials file "${at('secret')}".`,
      )
      const unseen = credentialsFile(at('closed/secret'), { skipUnreadable: true })
      expect(await unseen.for(asked, { onWarning: (code) => warnings.push(code) })).toBeUndefined()
      expect(warnings).toHaveLength(1)
      await expect(credentialsFile(at('closed/secret')).for(asked)).rejects.toMatchObject({ code: 'USAGE' })
    })
  })
})

/** Runs `body` as another user if this process is root, which may read any file. */
async function asOrdinaryUser(directory: string, body: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return body()
  await chmod(directory, 0o755)
  process.seteuid?.(65_534)
  try {
    await body()
  } finally {
    process.seteuid?.(0)
  }
}

async function truncated(path: string, size: number): Promise<void> {
  await writeFile(path, '')
  await truncate(path, size)
}

/** Creates a socket at `path` without a listener. */
async function listen(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(`${path}.live`, resolve))
  await link(`${path}.live`, path) // closing removes the name that it listened at, not this one
  await new Promise((resolve) => server.close(resolve))
}
