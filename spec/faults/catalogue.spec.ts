/** The catalogue itself: as large as it is said to be, its names unique, and its page in the documentation current. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { faultCatalogue, startFaultScene } from '../../lib/testing/registry/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the catalogue of faults', () => {
  it('has more than 450 faults, each under a name of its own', () => {
    expect(faultCatalogue.length).toBeGreaterThan(450)
    expect(new Set(faultCatalogue.map(({ id }) => id)).size).toBe(faultCatalogue.length)
  })

  it('allows every fault so much only that a client without an end to it would be found', () => {
    for (const { id, budget } of faultCatalogue) {
      expect.soft(budget.requests, id).toBeLessThan(20)
      expect.soft(budget.elsewhere, id).toBeLessThan(12)
      expect.soft(budget.bytes, id).toBeLessThanOrEqual(32 * 2 ** 20)
    }
  })

  it('is in docs/faults.md as it is', () => {
    const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))
    const checked = spawnSync(process.execPath, [tsx, 'scripts/faults-table.ts', '--check'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(checked.stderr).toBe('')
    expect(checked.status).toBe(0)
  })
})

describe('a scene', () => {
  const named = (id: string) => {
    const fault = faultCatalogue.find((each) => each.id === id)
    if (!fault) throw new Error(`There is no fault ${id}`)
    return fault
  }

  it('has the same chance again for the same seed, and another for another', async () => {
    const drawn = async (seed: number): Promise<number[]> => {
      const scene = await startFaultScene(named('blob/chunked'), seed)
      await scene.close()
      return [scene.random(1000), scene.random(1000), scene.random(1000)]
    }
    expect(await drawn(1)).toEqual(await drawn(1))
    expect(await drawn(1)).not.toEqual(await drawn(2))
  })

  it('finds a client that tells its credentials to a stranger, asks too often, or keeps cookies', async () => {
    const scene = await startFaultScene(named('redirect/signed'))
    try {
      const authorization = `Basic ${Buffer.from(`${scene.login.username}:${scene.login.password}`).toString('base64')}`
      for (const headers of [{ authorization }, { cookie: 'a=b' }]) {
        const { body } = await fetch(scene.signedUrl, { headers })
        await body?.cancel()
      }
      await (await fetch(`${scene.registry.url}/v2/?password=${scene.login.password}`)).text()
      expect(scene.findings()).toEqual([
        'elsewhere: 2, but at most 1 allowed',
        expect.stringMatching(/^bytes: /),
        expect.stringContaining('authorization reached the other origin'),
        expect.stringContaining('cookie reached the other origin'),
        'the URL of a request contains a secret',
        'a cookie was sent',
      ])
    } finally {
      await scene.close()
    }
  })

  it('is a registry like any other once it is calm', async () => {
    const scene = await startFaultScene(named('ping/broken'))
    try {
      expect((await fetch(`${scene.registry.url}/v2/`)).status).toBe(500)
      scene.endFault()
      expect((await fetch(`${scene.registry.url}/v2/`)).status).toBe(401)
    } finally {
      await scene.close()
    }
  })
})
