import { afterEach, describe, expect, it, vi } from 'vitest'
import { Scope } from '../../lib/flow/index.js'
import { defaultLimits } from '../../lib/limits.js'
import * as stores from '../../lib/store/index.js'
import { PullerLimits } from '../../puller/control/live-limits.js'
import { openParts, repairBeforeOpening } from '../../puller/open-parts.js'
import type { OpenOptions } from '../../puller/index.js'
import { Workbench } from '../support/workbench.js'

vi.mock('../../lib/store/index.js', { spy: true })

const bench = new Workbench()

describe('the resources of a puller', () => {
  async function withParts(
    options: OpenOptions,
    body: (parts: Awaited<ReturnType<typeof openParts>>, limits: PullerLimits) => unknown,
  ): Promise<void> {
    const limits = new PullerLimits(options)
    const lifetime = new Scope()
    const parts = await openParts({ store: bench.path(), ...options }, defaultLimits, lifetime, {}, limits)
    try {
      await body(parts, limits)
    } finally {
      await lifetime.close()
      await parts.pool.close()
      await parts.store.close()
    }
  }
  const slotsOf = ({ layerSlots }: Awaited<ReturnType<typeof openParts>>): number =>
    typeof layerSlots === 'number' ? layerSlots : layerSlots.value

  it('follow the limits of the puller, with enough layers in progress to use all slots', () =>
    withParts({ maxDownloads: 4, maxUnpacks: 2 }, (parts, limits) => {
      expect(slotsOf(parts)).toBe(7)
      const [downloads, unpacks] = [vi.spyOn(parts.downloads, 'resize'), vi.spyOn(parts.pool, 'resize')]
      limits.set({ maxDownloads: 1, maxUnpacks: 3 })
      expect([downloads.mock.calls, unpacks.mock.calls, slotsOf(parts)]).toEqual([[[1]], [[3]], 5])
    }))

  it('have the policy and the demands of the options', async () => {
    await withParts({}, (parts) => {
      expect([parts.policy, parts.requireSignatures]).toEqual([undefined, false])
      expect(parts.retry.attempts).toBeGreaterThan(1)
    })
    await withParts({ requireSchema1Signatures: true, retries: 1 }, (parts) => {
      expect([parts.requireSignatures, parts.retry.attempts]).toEqual([true, 1])
    })
  })
})

describe('the user for whom root repairs a store', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    [{ SUDO_UID: '1234' }, 1234],
    [{ PKEXEC_UID: '4321' }, 4321],
    [{ SUDO_UID: '1234', PKEXEC_UID: '4321' }, 1234],
    [{ SUDO_UID: 'alice' }, undefined],
    [{ SUDO_UID: '-1' }, undefined],
    [{ SUDO_UID: '' }, undefined],
    [{}, undefined],
  ])('is named by the environment: %j', async (env: Readonly<Record<string, string>>, uid) => {
    for (const name of ['SUDO_UID', 'PKEXEC_UID']) vi.stubEnv(name, env[name])
    vi.mocked(stores.repairFiles).mockResolvedValueOnce([])
    const { signal } = new AbortController()
    await repairBeforeOpening('/store', { signal })
    expect(stores.repairFiles).toHaveBeenLastCalledWith('/store', { signal, onBehalfOf: uid })
  })
})
