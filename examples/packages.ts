/**
 * Reads the package databases of dpkg and apk while an image is unpacked, and prints the packages as CycloneDX JSON.
 *
 *     npx tsx examples/packages.ts [IMAGE]      (no image: one from an embedded registry)
 */
import { text } from 'node:stream/consumers'
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { open } from 'windlass'
import type { LayerEntrySink } from 'windlass/stages'
import { exampleImage } from './an-image.js'

/**
 * The databases and the names of their fields. A blank line ends a package. `isInstalled` matches installed packages.
 */
const apk = { type: 'apk', name: 'P', version: 'V', isInstalled: /^P:/m }
const dpkg = { type: 'deb', name: 'Package', version: 'Version', isInstalled: /^Status: .* installed$/m }
const databases: Record<string, typeof apk> = {
  'var/lib/dpkg/status': dpkg,
  'lib/apk/db/installed': apk,
  'usr/lib/apk/db/installed': apk,
}
/** The databases of each layer by its digest. A new attempt replaces what the previous one has read. */
const layers = new Map<string, { attempt: number; at: number; found: Map<string, string> }>()

const onEntry: LayerEntrySink = async (entry, { layer: { descriptor, positions, attempt } }) => {
  if (layers.get(descriptor.digest)?.attempt !== attempt)
    layers.set(descriptor.digest, { attempt, at: Math.max(...positions), found: new Map() })
  if (entry.type === 'file' && entry.name in databases)
    layers.get(descriptor.digest)!.found.set(entry.name, await text(entry.content))
}

const {
  name: reference,
  store,
  close,
} = await exampleImage(process.argv[2], [
  {
    entries: [
      { path: 'var/lib/dpkg/status', content: 'Package: bash\nStatus: install ok installed\nVersion: 5.2\n' },
    ],
  },
  { entries: [{ path: 'lib/apk/db/installed', content: 'P:musl\nV:1.2.5-r0\n\nP:zlib\nV:1.3.1-r1\n\n' }] },
])
const windlass = await open({ store })
await windlass.pull(reference, { onEntry }).done

const fromBaseToTop = [...layers.values()].sort((a, b) => a.at - b.at)
const bom = new Models.Bom()
for (const [path, content] of new Map(fromBaseToTop.flatMap(({ found }) => [...found]))) {
  const { type, name, version, isInstalled } = databases[path]!
  for (const each of content.split('\n\n').filter((entry) => isInstalled.test(entry))) {
    const [title, release] = [name, version].map((key) => new RegExp(`^${key}: ?(.+)$`, 'm').exec(each)?.[1])
    const purl = `pkg:${type}/${title}@${release}`
    const about = { version: release!, purl, bomRef: purl }
    bom.components.add(new Models.Component(Enums.ComponentType.Library, title!, about))
  }
}
const normalize = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)
console.log(new Serialize.JsonSerializer(normalize).serialize(bom, { sortLists: true, space: 2 }))
await windlass.close()
await close()
