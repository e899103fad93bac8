/** Every test image, out of the real registry: what Windlass unpacks is what umoci unpacks, entry for entry. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, accessOptions, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import {
  startDistribution,
  type Distribution,
  type RegistryAuth,
} from '../../testbench/harness/distribution.js'
import { expectSameTree } from '../../testbench/harness/same-tree.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { allForms } from '../../testbench/images/build-image.js'
import { pushedImages, pushedName, type PushedImages } from '../../testbench/images/pushed.js'
import { formOf, type Form } from '../../testbench/images/test-image.js'

/** Every image from every kind of registry, every form of it from one of them. */
const forms: readonly (readonly [
  auth: RegistryAuth,
  image: 'base' | 'app' | 'linked' | 'many',
  form: Form,
])[] = [
  ...allForms.map((form) => ['open', 'base', form] as const),
  ['basic', 'base', 'oci-gzip'],
  ['token', 'base', 'oci-zstd'],
  ['open', 'app', 'oci-gzip'],
  ['open', 'app', 'v2s2-plain'],
  ['basic', 'app', 'v2s2-gzip'],
  ['token', 'app', 'oci-zstd'],
  ['token', 'app', 'oci-plain'],
  ['open', 'linked', 'oci-gzip'],
  ['basic', 'linked', 'oci-plain'],
  ['token', 'linked', 'v2s2-gzip'],
  ['open', 'many', 'oci-zstd'],
  ['basic', 'many', 'v2s2-plain'],
  ['token', 'many', 'v2s2-gzip'],
]

describeReal('a real image', () => {
  let pushed: PushedImages
  const registries = new Map<RegistryAuth, Distribution>()

  beforeAll(async () => {
    pushed = await pushedImages()
    for (const auth of ['open', 'basic', 'token'] as const)
      registries.set(auth, await startDistribution({ auth, storage: pushed.storage, readOnly: true }))
  }, 300_000)
  afterAll(() => Promise.all([...registries.values()].map((registry) => registry.stop())))

  it.each(forms)('from the %s registry: %s as %s', async (auth, name, form) => {
    const registry = registries.get(auth)!
    const image = pushed[name]
    const { store, path } = await workspace()
    const { args, input } = accessOptions(registry)
    const reference = `${registry.host}/${pushedName(image, form)}`
    const result = await runWindlass(
      // What links into a lower layer has no tree of its own (docs/decisions/0006).
      [
        'pull',
        reference,
        '--store',
        store,
        '--rootfs',
        path('rootfs'),
        ...(name === 'linked' ? ['--no-unpack'] : []),
        ...args,
      ],
      input === undefined ? {} : { input },
    )
    expectExit(result, 0, `${reference}@${formOf(image, form).manifest.digest}\n`)
    const unlisted = name === 'linked' ? ['usr', 'usr/local', 'usr/local/bin'] : []
    await expectSameTree(path('rootfs'), image.rootfs, unlisted)
    if (registry.tokens !== undefined) expect(registry.tokens.requestedScopes.length).toBeGreaterThan(0)
  })

  it.each(['converted/gzip:v2s2', 'converted/gzip:oci', 'converted/zstd:oci'])(
    'as skopeo compressed it: %s',
    async (name) => {
      const registry = registries.get('open')!
      const { store, path } = await workspace()
      const reference = `${registry.host}/${name}`
      const pull = await runWindlass(['pull', reference, '--store', store, '--plain-http'])
      expectExit(pull, 0, `${reference}@${pushed.converted[name] ?? ''}\n`)
      const unpack = await runWindlass([
        'unpack',
        reference,
        path('rootfs'),
        '--store',
        store,
        '--plain-http',
      ])
      expectExit(unpack, 0)
      await expectSameTree(path('rootfs'), pushed.base.rootfs)
    },
  )

  it('refuses a layer that links to a file of a lower one, and says what to do', async () => {
    const registry = registries.get('open')!
    const { store } = await workspace()
    const reference = `${registry.host}/${pushedName(pushed.linked, 'oci-gzip')}`
    const result = await runWindlass(['pull', reference, '--store', store, '--plain-http'])
    expectExit(result, 5, '')
    expect(result.stderr).toContain('--no-unpack --rootfs')
  })

  it('asks for a user name where the registry wants one, and ends with 3', async () => {
    for (const auth of ['basic', 'token'] as const) {
      const registry = registries.get(auth)!
      const { store } = await workspace()
      const reference = `${registry.host}/${pushedName(pushed.base, 'oci-gzip')}`
      const nobody = await runWindlass(['pull', reference, '--store', store, '--plain-http'])
      expectExit(nobody, 3, '')
      const wrong = await runWindlass(
        ['pull', reference, '--store', store, '--plain-http', '--username', 'windlass', '--password-stdin'],
        { input: 'mistaken-password\n' },
      )
      expectExit(wrong, 3, '')
      expect(wrong.stderr).not.toContain('mistaken-password')
    }
  })
})
