/** Tests the harness: real servers that accept only valid logins and end with their test. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { describeReal } from '../../../testbench/harness/components.js'
import { startDistribution, type RegistryAuth } from '../../../testbench/harness/distribution.js'
import { pushSmallImage } from '../../../testbench/harness/small-image.js'
import { skopeo } from '../../../testbench/harness/skopeo.js'

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`)
const eventually = async (claim: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 100 && !claim(); turn++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(claim()).toBe(true)
}

describeReal('the distribution server', () => {
  it.each<RegistryAuth>(['open', 'basic', 'token'])(
    '%s: accepts only valid logins, and logs requests',
    async (auth) => {
      const writable = await startDistribution()
      try {
        await pushSmallImage(writable, 'some/image', 'some')
        const registry = await startDistribution({ auth, storage: writable.storage, readOnly: true })
        try {
          const look = (...options: string[]): Promise<string> =>
            skopeo([
              'inspect',
              '--tls-verify=false',
              ...options,
              `docker://${registry.host}/some/image:latest`,
            ])
          const who = registry.credentials
          if (who !== undefined) {
            await expect(look()).rejects.toThrow('unauthorized')
            await expect(look('--creds', `${who.username}:wrong`)).rejects.toThrow('unauthorized')
          }
          const creds = who === undefined ? [] : ['--creds', `${who.username}:${who.password}`]
          expect(JSON.parse(await look(...creds))).toMatchObject({ Architecture: 'amd64' })
          expect(await registry.requests()).toContainEqual(
            expect.objectContaining({ method: 'GET', path: '/v2/some/image/manifests/latest', status: 200 }),
          )
          expect((registry.tokens?.requestedScopes ?? []).flat()).toEqual(
            auth === 'token' ? expect.arrayContaining(['repository:some/image:pull']) : [],
          )
        } finally {
          await registry.stop()
        }
      } finally {
        await writable.stop()
      }
    },
  )

  it('ends and removes its files when it is stopped', async () => {
    const registry = await startDistribution({ auth: 'token' })
    expect(isRunning(registry.pid)).toBe(true)
    expect(existsSync(registry.directory)).toBe(true)
    await registry.stop()
    expect(isRunning(registry.pid)).toBe(false)
    expect(existsSync(registry.directory)).toBe(false)
    await expect(fetch(`http://${registry.host}/v2/`)).rejects.toThrow()
    await expect(fetch(registry.tokens!.realm)).rejects.toThrow()
  })

  it('ends when the process that started it is killed', async () => {
    const script = fileURLToPath(new URL('../../../testbench/harness/orphan.ts', import.meta.url))
    const parent = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (line: Buffer) => resolve(Number(line.toString()))),
    )
    expect(isRunning(pid)).toBe(true)
    parent.kill('SIGKILL')
    await eventually(() => !isRunning(pid))
  })
})
